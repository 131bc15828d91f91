// How much of a payment can go to a due line.
import type { Allocation, DueLine, Payment } from './types';

export interface OpenDue {
  due_no: number;
  date: string;
  rest_cents: number;
}

/** What is left of the payment; of a refund it is negative. */
export const restOfPayment = (payment: Pick<Payment, 'amount_cents' | 'allocated_cents'>) => payment.amount_cents - payment.allocated_cents;

/** Due lines with something left, counted from 1 in their order. */
export function openDues(due: DueLine[]): OpenDue[] {
  return due.map((line, place) => ({ due_no: line.due_no ?? place + 1, date: line.date, rest_cents: line.amount_cents - line.allocated_cents })).filter((line) => line.rest_cents !== 0);
}

/** The most that both can take; 0 when one is a debt and the other a refund, or nothing is left. */
export function largestAllocation(paymentRest: number, dueRest: number): number {
  if (paymentRest > 0 && dueRest > 0) return Math.min(paymentRest, dueRest);
  if (paymentRest < 0 && dueRest < 0) return Math.max(paymentRest, dueRest);
  return 0;
}

export function allocationFits(amount: number | null, paymentRest: number, dueRest: number): boolean {
  const most = largestAllocation(paymentRest, dueRest);
  if (amount === null || amount === 0 || most === 0) return false;
  return most > 0 ? amount > 0 && amount <= most : amount < 0 && amount >= most;
}

export const allocationKey = (one: Allocation) => `${one.document}/${one.due_no}`;
