import { PageTitle } from '@/components/PageTitle';
import { useText } from '@/i18n/text';

export default function Home() {
  const t = useText();
  return <PageTitle title={t('menu.home')} />;
}
