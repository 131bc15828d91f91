// Who is logged in, and what that person may do. The pages are only shown within a session; what a role may not do is not offered.
import { createContext, useContext } from 'react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ApiError, get, setCsrf } from './client';
import { setShopZone } from '@/i18n/format';
import type { Role, Session } from './types';

const SESSION_KEY = ['session'];
const ORDER: Role[] = ['viewer', 'accountant', 'admin'];

const SessionContext = createContext<Session | null>(null);
export const SessionProvider = SessionContext.Provider;

function begin(session: Session | null) {
  setCsrf(session?.csrf ?? '');
  if (session?.timezone) setShopZone(session.timezone);
}

/** The session, null when nobody is logged in. */
export function useSessionQuery() {
  return useQuery({
    queryKey: SESSION_KEY,
    queryFn: async (): Promise<Session | null> => {
      try {
        const session = await get<Session>('session');
        begin(session);
        return session;
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: Infinity,
    retry: false,
  });
}

/** To be called with the session that a login answered, or null after a logout: everything read before is forgotten. */
export function useSetSession() {
  const client = useQueryClient();
  return (session: Session | null) => {
    begin(session);
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION_KEY[0] });
    client.setQueryData(SESSION_KEY, session);
  };
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession outside of a session');
  return session;
}

/** Whether this person may do what asks for this role. */
export function useMay(role: Role): boolean {
  return ORDER.indexOf(useSession().role) >= ORDER.indexOf(role);
}
/** May change the books: accountant or admin. */
export const useMayWrite = () => useMay('accountant');
export const useMayAdminister = () => useMay('admin');
