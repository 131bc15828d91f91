// A file of sales comes in: chosen or dropped, looked at (separator, encoding, first rows) before anything is written, then imported whole or not at all.
import { Alert, Button, Checkbox, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useRef, useState, type DragEvent } from 'react';
import { ApiError, send } from '@/api/client';
import { ErrorMessage } from '@/components/ErrorMessage';
import { Loading } from '@/components/Loading';
import { Facts } from '@/components/Facts';
import { useForget } from '@/components/record/useEdit';
import { useText } from '@/i18n/text';
import classes from './FileDialog.module.css';
import type { FileFormat, FileReport } from './types';

interface Props {
  opened: boolean;
  /** Dropped onto the page. */
  file: File | null;
  onFile: (file: File | null) => void;
  onClose: () => void;
}

export function FileDialog({ opened, file, onFile, onClose }: Props) {
  const t = useText();
  return (
    <Modal opened={opened} onClose={onClose} title={t('file.title')} size="min(96vw, 64rem)" closeButtonProps={{ 'aria-label': t('common.close') }}>
      <FileForm file={file} onFile={onFile} onClose={onClose} />
    </Modal>
  );
}

export function filesOf(event: DragEvent): File | null {
  return event.dataTransfer.files[0] ?? null;
}
export const carriesFile = (event: DragEvent) => event.dataTransfer.types.includes('Files');

function DropZone({ onFile }: { onFile: (file: File) => void }) {
  const t = useText();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    event.stopPropagation();
    setOver(false);
    const file = filesOf(event);
    if (file) onFile(file);
  };
  return (
    <div className={`${classes.zone} ${over ? classes.over : ''}`} onDragOver={(event) => (event.preventDefault(), setOver(true))} onDragLeave={() => setOver(false)} onDrop={drop}>
      <Text ta="center">{t('file.drop')}</Text>
      <Button variant="default" onClick={() => input.current?.click()} data-autofocus>
        {t('file.choose')}
      </Button>
      <input ref={input} type="file" accept=".csv,.txt,.tsv,text/csv,text/plain" hidden aria-hidden tabIndex={-1}
        onChange={(event) => {
          const chosen = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (chosen) onFile(chosen);
        }} />
    </div>
  );
}

const SEPARATOR: Record<string, 'file.semicolon' | 'file.comma' | 'file.tab'> = { ';': 'file.semicolon', ',': 'file.comma', '\t': 'file.tab', tab: 'file.tab' };

function Preview({ report, header }: { report: FileReport; header: boolean }) {
  const t = useText();
  const [first, ...others] = report.rows;
  const heads = header ? first : undefined;
  const rows = header ? others : report.rows;
  const separator = SEPARATOR[report.separator];
  const { problem } = report;
  return (
    <Stack gap="sm">
      {problem && <ErrorMessage error={new ApiError(problem.status ?? 422, problem.code, problem.title ?? '', problem.detail)} />}
      <Facts
        facts={[
          [t('file.separator'), separator ? t(separator) : report.separator],
          [t('file.encoding'), t.word('file.encodings', report.encoding) + (report.byte_order_mark ? ` (${t('file.mark')})` : '')],
          [t('file.lineEnd'), t.word('file.lineEnds', report.line_end)],
          [t('file.lines'), problem ? null : t.format.int(report.lines)],
          [t('file.sales'), problem ? null : t.format.int(report.sales)],
        ]}
      />
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard */}
      <div className={classes.rows} role="group" tabIndex={0} aria-label={t('file.firstRows')}>
        <table>
          <caption className="read-aloud">{t('file.firstRows')}</caption>
          {heads && (
            <thead>
              <tr>
                {heads.map((cell, place) => (
                  <th key={place} scope="col">
                    {cell}
                  </th>
                ))}
              </tr>
            </thead>
          )}
          <tbody>
            {rows.map((row, line) => (
              <tr key={line}>
                {row.map((cell, place) => (
                  <td key={place}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Stack>
  );
}

async function post(file: File, format: FileFormat, header: boolean, preview: boolean): Promise<FileReport> {
  const query = { format, header: header ? 'yes' : 'no', preview: preview ? 'yes' : 'no' };
  return (await (await send('POST', 'grid/file', { query, body: file })).json()) as FileReport;
}

function FileForm({ file, onFile, onClose }: Omit<Props, 'opened'>) {
  const t = useText();
  const forget = useForget();
  const [format, setFormat] = useState<FileFormat>('liaison');
  const [header, setHeader] = useState(true);
  const named = format === 'liaison' || header;
  const preview = useQuery({
    queryKey: ['file-preview', file?.name, file?.size, file?.lastModified, format, named, t.language],
    queryFn: () => post(file as File, format, named, true),
    enabled: file !== null,
    retry: false,
    gcTime: 0,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
  const bring = useMutation({ mutationFn: () => post(file as File, format, named, false), onSuccess: forget });
  if (bring.isSuccess)
    return (
      <Stack>
        <Alert color="green" title={t('file.done', { count: bring.data.staged })} role="status">
          {bring.data.already > 0 && <Text size="sm">{t('file.already', { count: bring.data.already })}</Text>}
          <Text size="sm">{t('file.doneHint')}</Text>
        </Alert>
        <Group justify="flex-end">
          <Button onClick={onClose} data-autofocus>
            {t('common.close')}
          </Button>
        </Group>
      </Stack>
    );
  return (
    <Stack>
      <Group align="flex-end">
        <Select label={t('file.format')} value={format} onChange={(value) => setFormat((value as FileFormat | null) ?? 'liaison')} allowDeselect={false} w={400} maw="100%"
          data={[{ value: 'liaison', label: t('file.liaison') }, { value: 'dailybiz', label: t('file.dailybiz') }]} />
        {format === 'dailybiz' && <Checkbox label={t('file.header')} checked={header} onChange={(event) => setHeader(event.currentTarget.checked)} mb={8} />}
      </Group>
      {file === null ? (
        <DropZone onFile={onFile} />
      ) : (
        <>
          <Group gap="sm">
            <Text fw={600}>{file.name}</Text>
            <Button variant="subtle" size="compact-sm" onClick={() => (bring.reset(), onFile(null))}>
              {t('file.another')}
            </Button>
          </Group>
          {preview.isPending && <Loading />}
          {preview.isError && <ErrorMessage error={preview.error} />}
          {preview.data && <Preview report={preview.data} header={named} />}
          {bring.isError && <ErrorMessage error={bring.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button onClick={() => bring.mutate()} disabled={!preview.data || preview.isFetching || Boolean(preview.data.problem)} loading={bring.isPending}>
              {preview.data && !preview.data.problem ? t('file.bring', { count: preview.data.sales }) : t('file.title')}
            </Button>
          </Group>
        </>
      )}
    </Stack>
  );
}
