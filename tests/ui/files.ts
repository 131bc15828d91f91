// What is in the files that the pages hand out: CSV, XLSX and PDF, read without what wrote them.
import type { Download, Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { inflateRawSync, inflateSync } from 'node:zlib';

/** The file that an action brings. */
export async function downloaded(page: Page, action: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> {
  const [download] = (await Promise.all([page.waitForEvent('download'), action()])) as [Download, void];
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

/** Rows of a CSV with quotes where they are needed, without its byte order mark. */
export function csvRows(bytes: Buffer, separator: string): string[][] {
  const cells = new RegExp(`("(?:[^"]|"")*"|[^"${separator}\\r\\n]*)(${separator}|\\r?\\n|$)`, 'gy');
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  const rows: string[][] = [[]];
  while (cells.lastIndex < text.length) {
    const found = cells.exec(text);
    if (!found) throw new Error(`no CSV at ${cells.lastIndex}`);
    rows.at(-1)!.push(found[1].startsWith('"') ? found[1].slice(1, -1).replaceAll('""', '"') : found[1]);
    if (found[2] !== separator) rows.push([]);
  }
  return rows.filter((row) => row.length > 0);
}

const END_OF_DIRECTORY = 0x06054b50;

/** The files of a ZIP archive by name. */
export function unzipped(bytes: Buffer): Map<string, Buffer> {
  let end = bytes.length - 22;
  while (bytes.readUInt32LE(end) !== END_OF_DIRECTORY) end -= 1;
  const files = new Map<string, Buffer>();
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [method, size, nameLength, extra, comment, local] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20), bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30), bytes.readUInt16LE(at + 32), bytes.readUInt32LE(at + 42)];
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const content = bytes.subarray(from, from + size);
    files.set(name, method === 0 ? content : inflateRawSync(content));
    at += 46 + nameLength + extra + comment;
  }
  return files;
}

/** The texts of the cells of a workbook's first sheet, row by row; numbers as they are written. */
export function xlsxRows(bytes: Buffer): string[][] {
  const files = unzipped(bytes);
  const plain = (xml: string) => xml.replace(/<[^>]*>/g, '').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&amp;/g, '&');
  const shared = [...(files.get('xl/sharedStrings.xml')?.toString() ?? '').matchAll(/<si>(.*?)<\/si>/gs)].map((found) => plain(found[1]));
  const sheet = files.get('xl/worksheets/sheet1.xml')?.toString() ?? '';
  return [...sheet.matchAll(/<row [^>]*>(.*?)<\/row>/gs)].map((row) =>
    [...row[1].matchAll(/<c [^>]*?(?:t="(\w+)")?[^>]*?(?:\/>|>(.*?)<\/c>)/gs)].map(([, type, content]) => (type === 's' ? shared[Number(plain(content))] : plain(content ?? ''))),
  );
}

const unescaped = (text: string) => text.replace(/\\([0-7]{3}|.)/g, (_, code: string) => (code.length === 3 ? String.fromCharCode(parseInt(code, 8)) : code));

/** The sizes of the pages of a PDF and the texts on them. */
export function pdfContent(bytes: Buffer): { pages: number[][]; text: string } {
  const raw = bytes.toString('latin1');
  const pages = [...raw.matchAll(/\/MediaBox\s*\[([^\]]*)\]/g)].map((found) => found[1].trim().split(/\s+/).map(Number));
  let text = '';
  for (const stream of raw.matchAll(/stream\r?\n(.*?)\r?\nendstream/gs)) {
    try {
      const content = inflateSync(Buffer.from(stream[1], 'latin1')).toString('latin1');
      for (const [, hex, plain] of content.matchAll(/(?:<([0-9A-Fa-f]*)>|\(((?:\\.|[^\\)])*)\))\s*Tj/g)) text += `${hex === undefined ? unescaped(plain) : Buffer.from(hex, 'hex').toString('latin1')}\n`;
    } catch {
      // A stream that is not compressed text: a font, a picture.
    }
  }
  return { pages, text };
}
