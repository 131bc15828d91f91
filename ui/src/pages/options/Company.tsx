import { PageTitle } from '@/components/PageTitle';
import { useText } from '@/i18n/text';

export default function Company() {
  const t = useText();
  return <PageTitle title={t('menu.company')} />;
}
