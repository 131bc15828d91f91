// A rehearsal by its address: it can be sent to somebody, and survives a reload.
import { Button } from '@mantine/core';
import { useNavigate, useParams } from 'react-router-dom';
import { useMayWrite } from '@/api/session';
import { PageTitle } from '@/components/PageTitle';
import { jobEnded, useJob } from '@/components/JobProgress';
import { useText } from '@/i18n/text';
import { linkPath } from './paths';
import { Rehearsal } from './Rehearsal';

export default function RehearsalPage() {
  const t = useText();
  const navigate = useNavigate();
  const mayWrite = useMayWrite();
  const { job = '' } = useParams();
  const { data } = useJob(job);
  const link = data?.link ?? '';
  return (
    <>
      <PageTitle title={t('rehearsal.title', { link })} back={link ? { label: link, to: linkPath(link) } : { label: t('menu.synchronisations'), to: linkPath() }}>
        {mayWrite && link && data && jobEnded(data) && <Button onClick={() => navigate(`${linkPath(link)}?lancer=1`)}>{t('rehearsal.runForReal')}</Button>}
      </PageTitle>
      <Rehearsal job={job} />
    </>
  );
}
