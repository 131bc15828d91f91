// Ventes / Avoirs.
import { DocumentList } from './DocumentList';

export default function CreditNotes() {
  return <DocumentList key="credit_note" kind="credit_note" />;
}
