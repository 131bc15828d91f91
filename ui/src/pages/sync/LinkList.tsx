import { PageTitle } from '@/components/PageTitle';
import { useText } from '@/i18n/text';

export default function LinkList() {
  const t = useText();
  return <PageTitle title={t('menu.synchronisations')} />;
}
