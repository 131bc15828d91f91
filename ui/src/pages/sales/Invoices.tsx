// Ventes / Factures.
import { DocumentList } from './DocumentList';

export default function Invoices() {
  return <DocumentList key="invoice" kind="invoice" />;
}
