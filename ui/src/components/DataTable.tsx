// Any list of the server as a table: columns and filters from /api/v1/lists, rows read as they come into view, everything in the address and at the keyboard.
//
//   <DataTable list="documents" fixed={{ kind: 'invoice' }} columns={['number', 'date', 'customer', 'total_cents']} sort="-date"
//              hrefOf={(row) => `/ventes/factures/${encodeURIComponent(String(row.number))}`} />
import { Badge, Button, Checkbox, Divider, Group, Menu, Popover, Stack, Text, TextInput } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useId, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { Link, useNavigate } from 'react-router-dom';
import { download } from '@/api/client';
import { useListMeta, useListRows, type ListQuery } from '@/api/lists';
import type { ListColumn, Row } from '@/api/types';
import { useText } from '@/i18n/text';
import { formatCell, isNumber } from './cell';
import classes from './DataTable.module.css';
import { EmptyState } from './EmptyState';
import { ErrorMessage } from './ErrorMessage';
import { Filters } from './Filters';
import { Loading } from './Loading';
import { useListAddress } from './useListAddress';

const ROW_PX = 36;
const OVERSCAN = 12;
const TYPING_MS = 300;
const TICK_PX = 44;
const SCROLL_REST_MS = 40;

export interface DataTableProps<R extends Row = Row> {
  /** Path of the list below /api/v1, "documents", "grid/sales". */
  list: string;
  /** Filters that belong to the page and cannot be taken away; their columns are not offered. */
  fixed?: ListQuery;
  /** Columns shown until the reader chooses others, in this order; all when not given. */
  columns?: string[];
  /** Columns that are never offered. */
  hidden?: string[];
  /** Sort until the reader chooses another: "-date". */
  sort?: string;
  /** Page of a row: its first cell is a link to it, Enter and a click on the row open it. */
  hrefOf?: (row: R) => string;
  /** What opening a row does; with a page too, only the link of the first cell leads there. */
  onOpen?: (row: R) => void;
  /** Cells that are more than their value. */
  render?: Partial<Record<string, (row: R, text: string) => ReactNode>>;
  /** Widths in pixels; by type when not given. */
  widths?: Partial<Record<string, number>>;
  /** What identifies a row; "id" or else the place in the list. */
  keyOf?: (row: R) => string | number;
  /** Ticked rows, by key; a first column with boxes when given. */
  selection?: { keys: ReadonlySet<string | number>; onChange: (keys: Set<string | number>) => void };
  /** Buttons beside search and filters. */
  actions?: ReactNode;
  /** Shown when the list is empty without any filter. */
  empty?: ReactNode;
  /** Several tables on a page: keeps their addresses apart. */
  prefix?: string;
  /** Without export and choice of columns, in a smaller frame. */
  compact?: boolean;
  label: string;
}

/** Texts that are short by their nature. */
const SHORT: Record<string, number> = { code: 130, number: 110, means: 130, means_label: 160, unit: 80, postcode: 100, tax: 90, barcode: 140, document: 110, till_number: 100, link: 130 };
const WIDTHS: Record<ListColumn['type'], number> = { text: 180, word: 120, int: 90, cents: 120, milli: 100, e4: 110, rate: 90, day: 110, instant: 150, bool: 80, json: 220 };

/** Room for a heading of so many letters, in bold, with the sign of the sort. */
const headingWidth = (heading: string) => Math.ceil(heading.length * 8.2) + 34;

const widthOf = (column: ListColumn, wanted: number | undefined) => Math.max(wanted ?? SHORT[column.name] ?? WIDTHS[column.type], headingWidth(column.heading));

/** The width of a column: texts share what is left, the others take little more than they need. */
function trackOf(column: ListColumn, wanted: number | undefined): string {
  const width = widthOf(column, wanted);
  const grows = !(column.name in SHORT) && (column.type === 'text' || column.type === 'json');
  return grows ? `minmax(${width}px, 2fr)` : `minmax(${width}px, ${Math.ceil((width * 4) / 3)}px)`;
}

/** What of the address is this list's: the search, the sort, its columns and their bounds; not what the page has fixed. */
function useOwnNames(columns: ListColumn[] | undefined, fixed: ListQuery | undefined) {
  const set = Object.keys(fixed ?? {}).join(' ');
  return useMemo(() => {
    const names = new Set(['q', 'sort', ...(columns ?? []).flatMap(({ name }) => [name, `${name}_from`, `${name}_to`])]);
    for (const name of set.split(' ')) names.delete(name.replace(/_is$/, ''));
    return (name: string) => names.has(name);
  }, [columns, set]);
}

/** Columns of the list that can be chosen, and those that are shown. */
function useColumns(props: Pick<DataTableProps, 'list' | 'fixed' | 'columns' | 'hidden'>, all: ListColumn[] | undefined) {
  const defaults = props.columns?.join(' ') ?? '';
  const [chosen, setChosen] = useLocalStorage<string[] | null>({ key: `liaison.columns.${props.list}.${Object.values(props.fixed ?? {}).join('.')}`, defaultValue: null, getInitialValueInEffect: false });
  const offered = useMemo(
    () => (all ?? []).filter((column) => !props.hidden?.includes(column.name) && !(props.fixed && (column.name in props.fixed || `${column.name}_is` in props.fixed))),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- both are written anew at each rendering
    [all, props.hidden?.join(' '), Object.keys(props.fixed ?? {}).join(' ')],
  );
  const shown = useMemo(() => {
    const wanted = chosen ?? (defaults ? defaults.split(' ') : null);
    if (!wanted) return offered;
    const found = wanted.map((name) => offered.find((column) => column.name === name)).filter((column) => column !== undefined);
    return found.length > 0 ? found : offered;
  }, [offered, chosen, defaults]);
  return { offered, shown, chosen, setChosen };
}

function ColumnChoice({ offered, shown, chosen, setChosen }: ReturnType<typeof useColumns>) {
  const t = useText();
  const names = shown.map((column) => column.name);
  const toggle = (name: string) => setChosen(names.includes(name) ? (names.length > 1 ? names.filter((other) => other !== name) : names) : offered.map((column) => column.name).filter((other) => other === name || names.includes(other)));
  return (
    <Popover position="bottom-end" trapFocus shadow="md">
      <Popover.Target>
        <Button variant="default">{t('table.columns')}</Button>
      </Popover.Target>
      <Popover.Dropdown mah={420} style={{ overflowY: 'auto' }} aria-label={t('table.columns')}>
        <Stack gap="xs">
          {offered.map((column) => (
            <Checkbox key={column.name} size="sm" label={column.heading} checked={names.includes(column.name)} onChange={() => toggle(column.name)} />
          ))}
          <Divider />
          <Button variant="subtle" size="compact-sm" disabled={!chosen} onClick={() => setChosen(null)}>
            {t('table.defaultColumns')}
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

function ExportChoice({ list, query }: { list: string; query: ListQuery }) {
  const t = useText();
  const [state, setState] = useState<'idle' | 'busy' | { error: unknown }>('idle');
  const fetchFile = (format: 'csv' | 'xlsx') => {
    setState('busy');
    download(`export/${list}`, { ...query, format }, `${list.replace(/\W/g, '-')}.${format}`).then(
      () => setState('idle'),
      (error: unknown) => setState({ error }),
    );
  };
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" loading={state === 'busy'}>
            {t('table.export')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => fetchFile('csv')}>{t('table.exportCsv')}</Menu.Item>
          <Menu.Item onClick={() => fetchFile('xlsx')}>{t('table.exportXlsx')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <span role="status" className="read-aloud">
        {state === 'busy' ? t('table.exporting') : ''}
      </span>
      {typeof state === 'object' && <ErrorMessage error={state.error} withCloseButton closeButtonLabel={t('common.close')} onClose={() => setState('idle')} w="100%" />}
    </>
  );
}

/** The search box; the address follows when the typing rests. */
function Search({ value, onChange, label }: { value: string; onChange: (value: string) => void; label: string }) {
  const [typed, setTyped] = useState(value);
  const told = useRef(value);
  useEffect(() => {
    if (value !== told.current) {
      told.current = value;
      setTyped(value);
    }
  }, [value]);
  useEffect(() => {
    if (typed === told.current) return;
    const timer = setTimeout(() => {
      told.current = typed;
      onChange(typed);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, onChange]);
  return <TextInput type="search" value={typed} onChange={(event) => setTyped(event.currentTarget.value)} aria-label={label} placeholder={label} w={240} maxLength={200} />;
}

export function DataTable<R extends Row = Row>(props: DataTableProps<R>) {
  const t = useText();
  const meta = useListMeta(props.list);
  const isOwn = useOwnNames(meta.data?.columns, props.fixed);
  const address = useListAddress(props.prefix ?? '', isOwn);
  const columns = useColumns(props as DataTableProps, meta.data?.columns);
  const { offered, shown } = columns;
  const sort = address.values.sort ?? props.sort;
  const query = useMemo(
    () => ({ ...address.values, ...(sort ? { sort } : {}), ...props.fixed }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `fixed` is written anew at each rendering
    [address.values, sort, JSON.stringify(props.fixed)],
  );
  const filtered = Object.keys(address.values).some((name) => name !== 'sort');
  const data = useListRows<R>(props.list, query, meta.isSuccess, sort ?? meta.data?.sort);
  const setSearch = useRef((q: string) => address.set({ q }));
  setSearch.current = (q) => address.set({ q });
  const [onSearch] = useState(() => (q: string) => setSearch.current(q));

  if (meta.isError) return <ErrorMessage error={meta.error} onRetry={() => void meta.refetch()} />;
  if (meta.isPending) return <Loading />;
  const fileQuery = Object.fromEntries(Object.entries(query).filter(([name]) => name !== 'limit'));
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Search value={address.values.q ?? ''} onChange={onSearch} label={t('table.search')} />
        <Filters columns={offered} address={address} />
        {props.actions}
        {!props.compact && (
          <Group gap="xs" ml="auto">
            <ColumnChoice {...columns} />
            <ExportChoice list={props.list} query={fileQuery} />
          </Group>
        )}
      </Group>
      {data.isError && data.loaded === 0 ? (
        <ErrorMessage error={data.error} onRetry={data.refetch} />
      ) : data.isPending ? (
        <Loading />
      ) : data.total === 0 ? (
        filtered ? (
          <EmptyState title={t('table.nothingFound')} hint={t('table.nothingFoundHint')} action={{ label: t('table.clearFilters'), onClick: address.clear }} />
        ) : (
          (props.empty ?? <EmptyState title={t('table.empty')} hint={t('table.emptyHint')} action={{ label: t('table.emptyAction'), to: '/traitements/synchronisations' }} />)
        )
      ) : (
        <Rows {...props} shown={shown} data={data} sort={sort} onSort={(value) => address.set({ sort: value })} />
      )}
    </Stack>
  );
}

interface RowsProps<R extends Row> extends DataTableProps<R> {
  shown: ListColumn[];
  data: ReturnType<typeof useListRows<R>>;
  onSort: (sort: string) => void;
}

function Rows<R extends Row>(props: RowsProps<R>) {
  const t = useText();
  const navigate = useNavigate();
  const { shown, data, selection, keyOf } = props;
  const { total } = data;
  const frame = useRef<HTMLDivElement>(null);
  const id = useId();
  const [active, setActive] = useState(-1);
  const virtual = useVirtualizer({ count: total, getScrollElement: () => frame.current, estimateSize: () => ROW_PX, overscan: OVERSCAN });
  const items = virtual.getVirtualItems();
  const lastSeen = items.at(-1)?.index ?? 0;
  const firstSeen = items[0]?.index ?? 0;
  const { isFetching, isError, loaded } = data;
  const want = useRef(data.want);
  want.current = data.want;
  useEffect(() => {
    // While somebody drags the scroll bar, what flies past is not asked for.
    const timer = setTimeout(() => want.current(firstSeen - OVERSCAN, lastSeen + OVERSCAN), SCROLL_REST_MS);
    return () => clearTimeout(timer);
  }, [firstSeen, lastSeen, loaded, isFetching]);

  const key = (row: R, index: number) => (keyOf ? keyOf(row) : typeof row.id === 'number' || typeof row.id === 'string' ? row.id : index);
  const openable = Boolean(props.hrefOf ?? props.onOpen);
  const open = (row: R | undefined) => {
    if (!row) return;
    if (props.onOpen) props.onOpen(row);
    else if (props.hrefOf) navigate(props.hrefOf(row));
  };
  const tick = (row: R, index: number) => {
    if (!selection) return;
    const keys = new Set(selection.keys);
    const it = key(row, index);
    if (!keys.delete(it)) keys.add(it);
    selection.onChange(keys);
  };
  const doings = useRef({ choose: setActive, open, tick });
  doings.current = { choose: setActive, open, tick };
  const goTo = (index: number) => {
    const there = Math.max(0, Math.min(total - 1, index));
    setActive(there);
    virtual.scrollToIndex(there);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.target !== frame.current) return;
    const page = Math.max(1, Math.floor((frame.current?.clientHeight ?? 400) / ROW_PX) - 2);
    const moves: Record<string, number> = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: total - 1 };
    const move = moves[event.key];
    const current = data.at(active);
    if (move !== undefined) goTo(move);
    else if (event.key === 'Enter') open(current);
    else if (event.key === ' ' && selection && current) tick(current, active);
    else return;
    event.preventDefault();
  };
  const template = [...(selection ? [`${TICK_PX}px`] : []), ...shown.map((column) => trackOf(column, props.widths?.[column.name]))].join(' ');
  // Not the content's own width: the rows stand absolutely, and only what is in view would count.
  const width = shown.reduce((sum, column) => sum + widthOf(column, props.widths?.[column.name]), selection ? TICK_PX : 0);
  const allTicked = Boolean(selection && loaded > 0 && selection.keys.size >= loaded);
  return (
    <>
      {isError && <ErrorMessage error={data.error} onRetry={data.refetch} />}
      <div className={classes.frame} ref={frame} tabIndex={0} role="grid" aria-label={props.label} aria-rowcount={total + 1} aria-colcount={shown.length + (selection ? 1 : 0)}
        aria-describedby={`${id}-keys`} aria-activedescendant={active >= 0 ? `${id}-row-${active}` : undefined} aria-busy={isFetching} onKeyDown={onKey} onFocus={() => active < 0 && setActive(0)}
        style={props.compact ? { maxHeight: '22rem' } : undefined}>
        <div className={classes.grid} role="presentation" style={{ '--columns': template, width: `max(100%, ${width}px)` } as React.CSSProperties}>
          <div role="rowgroup">
            <div className={classes.head} role="row" aria-rowindex={1}>
              {selection && (
                <div className={classes.headCell} role="columnheader">
                  <Checkbox size="xs" tabIndex={-1} aria-label={t('table.selectAll')} checked={allTicked} indeterminate={!allTicked && selection.keys.size > 0}
                    onChange={() => selection.onChange(allTicked ? new Set() : new Set(data.allRead().map(key)))} />
                </div>
              )}
              {shown.map((column) => (
                <HeadCell key={column.name} column={column} sort={props.sort} onSort={props.onSort} />
              ))}
            </div>
          </div>
          <div className={classes.body} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
            {items.map((item) => {
              const row = data.at(item.index);
              return (
                <BodyRow<R> key={item.key} id={`${id}-row-${item.index}`} row={row} index={item.index} start={item.start} shown={shown} active={item.index === active} openable={openable}
                  ticked={selection && row ? selection.keys.has(key(row, item.index)) : undefined} ticks={selection !== undefined} hrefOf={props.hrefOf} render={props.render} doings={doings} />
              );
            })}
          </div>
        </div>
      </div>
      <Group justify="space-between">
        <Text size="sm" c="dimmed" role="status">
          {isFetching && !data.at(lastSeen) && loaded < total ? t('table.loadedOf', { loaded, total }) : t('table.rows', { count: total })}
          {selection && selection.keys.size > 0 && (
            <Badge ml="sm" variant="light">
              {t('table.selected', { count: selection.keys.size })}
            </Badge>
          )}
        </Text>
        <Text size="xs" c="dimmed" id={`${id}-keys`} visibleFrom="md">
          {openable ? t('table.keys') : ''}
        </Text>
      </Group>
    </>
  );
}

interface BodyRowProps<R extends Row> extends Pick<DataTableProps<R>, 'hrefOf' | 'render'> {
  id: string;
  row: R | undefined;
  index: number;
  start: number;
  shown: ListColumn[];
  active: boolean;
  openable: boolean;
  ticks: boolean;
  ticked: boolean | undefined;
  /** The same object for all rows and as long as the table stands. */
  doings: { current: { choose: (index: number) => void; open: (row: R | undefined) => void; tick: (row: R, index: number) => void } };
}

/** While the table scrolls, only the rows that come are drawn. */
const BodyRow = memo(function BodyRow<R extends Row>({ id, row, index, start, shown, active, openable, ticks, ticked, hrefOf, render, doings }: BodyRowProps<R>) {
  const t = useText();
  return (
    <div id={id} role="row" aria-rowindex={index + 2} aria-selected={ticked} className={[classes.row, openable && classes.openable, active && classes.active].filter(Boolean).join(' ')}
      style={{ transform: `translateY(${start}px)` }}
      onClick={(event) => {
        doings.current.choose(index);
        if (!(event.target as HTMLElement).closest('a, button, input, label')) doings.current.open(row);
      }}
      onKeyDown={undefined} tabIndex={-1}>
      {ticks && (
        <div className={classes.cell} role="gridcell">
          {/* The plain box: a hundred of the library's take longer to draw than all the rest of their rows. */}
          {row && <input type="checkbox" className={classes.tick} tabIndex={-1} aria-label={t('table.selectRow')} checked={ticked ?? false} onChange={() => doings.current.tick(row, index)} />}
        </div>
      )}
      {shown.map((column, place) => (
        <BodyCell key={column.name} column={column} row={row} href={place === 0 && row ? hrefOf?.(row) : undefined} render={render?.[column.name]} />
      ))}
    </div>
  );
}) as <R extends Row>(props: BodyRowProps<R>) => ReactNode;

function HeadCell({ column, sort, onSort }: { column: ListColumn; sort?: string; onSort: (sort: string) => void }) {
  const t = useText();
  const up = sort === column.name;
  const down = sort === `-${column.name}`;
  return (
    <div className={`${classes.headCell} ${isNumber(column.type) ? classes.number : ''}`} role="columnheader" aria-sort={up ? 'ascending' : down ? 'descending' : undefined}>
      {column.sortable ? (
        <button type="button" className={classes.sort} title={t('table.sortBy', { name: column.heading })} onClick={() => onSort(up ? `-${column.name}` : column.name)}>
          {column.heading}
          {(up || down) && <span aria-hidden>{up ? '▲' : '▼'}</span>}
        </button>
      ) : (
        column.heading
      )}
    </div>
  );
}

function BodyCell<R extends Row>({ column, row, href, render }: { column: ListColumn; row: R | undefined; href?: string; render?: (row: R, text: string) => ReactNode }) {
  const t = useText();
  if (!row)
    return (
      <div className={classes.cell} role="gridcell">
        <span className={classes.waiting} />
      </div>
    );
  const text = formatCell(t, column, row[column.name]);
  const content = render ? render(row, text) : text;
  return (
    <div className={`${classes.cell} ${isNumber(column.type) ? classes.number : ''}`} role="gridcell">
      {href ? (
        <Link to={href} tabIndex={-1} className={`${classes.text} ${classes.link}`}>
          {content || '–'}
        </Link>
      ) : render ? (
        content
      ) : (
        <span className={classes.text} title={text.length > 24 ? text : undefined}>
          {text}
        </span>
      )}
    </div>
  );
}

