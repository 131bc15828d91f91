import { PageTitle } from '@/components/PageTitle';
import { useText } from '@/i18n/text';

export default function ProofMonth() {
  const t = useText();
  return <PageTitle title={t('menu.proof')} />;
}
