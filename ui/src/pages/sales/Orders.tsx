// Ventes / Commandes.
import { DocumentList } from './DocumentList';

export default function Orders() {
  return <DocumentList key="order" kind="order" />;
}
