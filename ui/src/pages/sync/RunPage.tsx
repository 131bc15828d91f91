import { PageTitle } from '@/components/PageTitle';
import { useText } from '@/i18n/text';

export default function RunPage() {
  const t = useText();
  return <PageTitle title={t('menu.synchronisations')} />;
}
