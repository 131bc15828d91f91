// Traitements / Imports / Partenaires – ventes: the import grid.
import { Alert, Button, Group, Menu, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type DragEvent } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router-dom';
import { download, write } from '@/api/client';
import { useMayWrite } from '@/api/session';
import type { Row } from '@/api/types';
import { ConfirmButton } from '@/components/ConfirmButton';
import { DataTable } from '@/components/DataTable';
import { EmptyState } from '@/components/EmptyState';
import { ErrorMessage } from '@/components/ErrorMessage';
import { PageTitle } from '@/components/PageTitle';
import { useForget } from '@/components/record/useEdit';
import { useText } from '@/i18n/text';
import { Anomalies } from './Anomalies';
import { carriesFile, FileDialog, filesOf } from './FileDialog';
import classes from './Imports.module.css';
import { SaleDrawer } from './SaleDrawer';
import type { FileFormat } from './types';
import { useGridValidation } from './Validation';

const GRID = '/traitements/imports';

function FileMenu({ onUpload }: { onUpload: () => void }) {
  const t = useText();
  const mayWrite = useMayWrite();
  const fetchFile = useMutation({ mutationFn: (format: FileFormat) => download('grid/file', { format }, `grille-${format}.csv`) });
  return (
    <>
      {mayWrite && (
        <Button variant="default" onClick={onUpload}>
          {t('file.title')}
        </Button>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" loading={fetchFile.isPending}>
            {t('file.download')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => fetchFile.mutate('liaison')}>{t('file.liaison')}</Menu.Item>
          <Menu.Item onClick={() => fetchFile.mutate('dailybiz')}>{t('file.dailybiz')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {fetchFile.isError && <ErrorMessage error={fetchFile.error} withCloseButton closeButtonLabel={t('common.close')} onClose={() => fetchFile.reset()} />}
    </>
  );
}

function PurgeButton({ ticked, onDone }: { ticked: number[]; onDone: (purged: number) => void }) {
  const t = useText();
  const forget = useForget();
  const purge = useMutation({
    mutationFn: () => write<{ purged: number }>('POST', 'grid/purge', { sales: ticked.length > 0 ? ticked : null, link: null }),
    onSuccess: ({ purged }) => {
      forget();
      onDone(purged);
    },
  });
  return (
    <>
      <ConfirmButton
        label={ticked.length > 0 ? t('grid.purgeTicked', { count: ticked.length }) : t('grid.purgeAll')}
        color="red"
        question={
          <>
            {ticked.length > 0 ? t('grid.purgeQuestionTicked', { count: ticked.length }) : t('grid.purgeQuestionAll')} {t('grid.purgeEffect')}
          </>
        }
        confirm={t('grid.purgeConfirm')}
        onConfirm={() => purge.mutate()}
      />
      {purge.isError && <ErrorMessage error={purge.error} />}
    </>
  );
}

/** After a cure: what makes it count. */
function CuredNotice({ synchronise, onValidate, onClose }: { synchronise: boolean; onValidate: () => void; onClose: () => void }) {
  const t = useText();
  return (
    <Alert color="green" title={t('cure.done')} withCloseButton closeButtonLabel={t('common.close')} onClose={onClose} role="status">
      <Group gap="sm">
        <Text size="sm">{synchronise ? t('cure.thenSynchronise') : t('cure.thenValidate')}</Text>
        {synchronise ? (
          <Button size="compact-sm" component={Link} to="/traitements/synchronisations">
            {t('table.emptyAction')}
          </Button>
        ) : (
          <Button size="compact-sm" onClick={onValidate}>
            {t('grid.validateAll')}
          </Button>
        )}
      </Group>
    </Alert>
  );
}

export default function Imports() {
  const t = useText();
  const mayWrite = useMayWrite();
  const navigate = useNavigate();
  const { sale } = useParams();
  const [params, setParams] = useSearchParams();
  const [ticked, setTicked] = useState<Set<string | number>>(new Set());
  const [file, setFile] = useState<File | null>(null);
  const [uploading, setUploading] = useState(false);
  const [dragging, setDragging] = useState(false);
  const [cured, setCured] = useState<'no' | 'validate' | 'synchronise'>('no');
  const [round, setRound] = useState(0);
  const [purged, setPurged] = useState<number | null>(null);
  const validation = useGridValidation(() => {
    setTicked(new Set());
    setCured('no');
    setRound((before) => before + 1);
  });
  const ids = [...ticked].map(Number);
  const search = params.toString() ? `?${params.toString()}` : '';
  const open = (id: number | string) => navigate({ pathname: `${GRID}/${id}`, search });
  const drop = (event: DragEvent) => {
    setDragging(false);
    if (!mayWrite || !carriesFile(event)) return;
    event.preventDefault();
    setFile(filesOf(event));
    setUploading(true);
  };
  const drag = (event: DragEvent) => {
    if (!mayWrite || !carriesFile(event)) return;
    event.preventDefault();
    setDragging(true);
  };
  return (
    <div onDragOver={drag} onDrop={drop} onDragLeave={(event) => event.currentTarget.contains(event.relatedTarget as Node | null) || setDragging(false)}
      style={dragging ? { outline: '3px dashed var(--mantine-primary-color-filled)', outlineOffset: 6 } : undefined}>
      <PageTitle title={t('grid.title')}>
        <FileMenu onUpload={() => setUploading(true)} />
        <Button variant="default" component={Link} to={{ pathname: '/traitements/imports/impression', search }}>
          {t('grid.print')}
        </Button>
        {mayWrite && <PurgeButton ticked={ids} onDone={(count) => (setPurged(count), setTicked(new Set()))} />}
        {mayWrite && (
          <>
            <Button variant="default" disabled={validation.busy} onClick={() => validation.start(ids, true)}>
              {t('grid.rehearse')}
            </Button>
            <Button disabled={validation.busy} onClick={() => validation.start(ids, false)}>
              {ids.length > 0 ? t('grid.validateTicked', { count: ids.length }) : t('grid.validateAll')}
            </Button>
          </>
        )}
      </PageTitle>
      <Stack>
        {validation.progress}
        {purged !== null && (
          <Alert color="green" role="status" withCloseButton closeButtonLabel={t('common.close')} onClose={() => setPurged(null)}>
            {t('grid.purged', { count: purged })}
          </Alert>
        )}
        {cured !== 'no' && <CuredNotice synchronise={cured === 'synchronise'} onValidate={() => validation.start([], false)} onClose={() => setCured('no')} />}
        <Anomalies onShowSales={(code) => setParams({ anomaly: code })} onOpenSale={open} onCured={(synchronise) => setCured(synchronise ? 'synchronise' : 'validate')} round={round} />
        <DataTable
          list="grid/sales"
          label={t('grid.title')}
          columns={['number', 'date', 'kind', 'customer', 'total_cents', 'lines', 'anomaly', 'link', 'edited']}
          hidden={['blocked']}
          sort="id"
          onOpen={(row) => open(String(row.id))}
          keyOf={(row) => Number(row.id)}
          selection={mayWrite ? { keys: ticked, onChange: setTicked } : undefined}
          render={{ anomaly: (row, text) => <AnomalyCell row={row} text={text} /> }}
          widths={{ anomaly: 240, number: 100, lines: 80 }}
          empty={<EmptyState title={t('grid.none')} hint={t('grid.noneHint')} action={mayWrite ? { label: t('file.title'), onClick: () => setUploading(true) } : undefined} />}
        />
      </Stack>
      <SaleDrawer id={sale ? Number(sale) : null} onClose={() => navigate({ pathname: GRID, search })} onValidate={(id) => validation.start([id], false)} />
      <FileDialog opened={uploading} file={file} onFile={setFile} onClose={() => (setUploading(false), setFile(null))} />
    </div>
  );
}

function AnomalyCell({ row, text }: { row: Row; text: string }) {
  const t = useText();
  if (!row.anomaly) return null;
  const own = t.word('anomaly', row.anomaly);
  return (
    <span className={classes.anomaly} title={text}>
      {own}
    </span>
  );
}

