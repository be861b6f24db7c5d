// SPDX-License-Identifier: Apache-2.0
// The table of sessions; only the rows in sight are in the page.
import { Menu } from '@mantine/core';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Status } from '../api/types';
import { StatusMark } from '../ui/status';
import { ago, moment } from '../ui/time';
import { ACTIONS, possible, TITLES, type Action } from './actions';
import { metadataOf, phoneOf, type Row } from './rows';

const ROW_PX = 61;
const CARD_PX = 150;
const SHOWN_METADATA = 3;

// What a session waits for from a person.
const ASKED: Partial<Record<Status, { word: string; label: string }>> = {
  SCAN_QR_CODE: { word: 'Scan', label: 'Scan the code' },
  PASSKEY_REQUIRED: { word: 'Answer', label: 'Give the passkey' },
  PASSKEY_CONFIRMATION_REQUIRED: { word: 'Compare', label: 'Compare the code' },
};

export interface Handlers {
  open: (row: Row, panel: string) => void;
  act: (action: Action, rows: Row[]) => void;
  select: (id: string, chosen: boolean) => void;
}

interface LineProps {
  row: Row;
  index: number;
  chosen: boolean;
  several: boolean;
  workers: boolean;
  handlers: Handlers;
  measure: (element: Element | null) => void;
}

// Plain elements make a row, so that many of them come into sight quickly; the menu is made when it is asked for.
function RowMenu({ row, handlers }: { row: Row; handlers: Handlers }) {
  const [asked, setAsked] = useState(false);
  const dropdown = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const timer = window.setTimeout(() => dropdown.current?.querySelector<HTMLElement>('[role="menuitem"]')?.focus(), 50);
    return () => window.clearTimeout(timer);
  }, [asked]);
  const { session } = row;
  const label = `Actions on ${session.name}`;
  if (!asked) return <button type="button" className="more" aria-label={label} aria-haspopup="menu" onClick={() => setAsked(true)}>⋯</button>;
  return (
    <Menu position="bottom-end" withinPortal defaultOpened returnFocus transitionProps={{ duration: 0 }}>
      <Menu.Target><button type="button" className="more" autoFocus aria-label={label}>⋯</button></Menu.Target>
      <Menu.Dropdown ref={dropdown}>
        <Menu.Item onClick={() => handlers.open(row, 'overview')}>Details</Menu.Item>
        <Menu.Item onClick={() => handlers.open(row, 'config')}>Configure</Menu.Item>
        <Menu.Divider />
        {ACTIONS.map((action) => (
          <Menu.Item key={action} disabled={!possible(action, session)} {...(action === 'delete' && { c: 'var(--bad)' })}
            onClick={() => handlers.act(action, [row])}>{TITLES[action]}</Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

const Line = memo(function Line({ row, index, chosen, several, workers, handlers, measure }: LineProps) {
  const { session, engine, server } = row;
  const metadata = metadataOf(session);
  const activity = session.timestamps?.activity;
  const asked = ASKED[session.status];
  return (
    <tr ref={measure} data-index={index} aria-rowindex={index + 2} data-chosen={chosen || undefined}>
      <td className="cell-check">
        <input type="checkbox" aria-label={`Choose ${session.name}`} checked={chosen}
          onChange={({ currentTarget }) => handlers.select(row.id, currentTarget.checked)} />
      </td>
      <td className="cell-name">
        <button type="button" className="name" onClick={() => handlers.open(row, 'overview')}>{session.name}</button>
        <div className="chips">
          {metadata.slice(0, SHOWN_METADATA).map(([name, value]) => <span key={name} className="chip" title={`${name}: ${value}`}>{name}: {value}</span>)}
          {metadata.length > SHOWN_METADATA && <span className="chip count">+{metadata.length - SHOWN_METADATA}</span>}
        </div>
      </td>
      <td data-label="Status">
        <StatusMark status={session.status} />
        {asked && (
          <button type="button" className="scan" aria-label={`${asked.label} of ${session.name}`} onClick={() => handlers.open(row, 'link')}>{asked.word}</button>
        )}
        {session.reason && <div className="small line" title={session.reason.text}>{session.reason.text}</div>}
      </td>
      <td data-label="Account">
        {session.me ? <><div className="line">{session.me.pushName}</div><div className="small digits">+{phoneOf(session)}</div></> : <span className="quiet">Not linked</span>}
      </td>
      <td data-label="Engine">{engine}</td>
      {workers && <td data-label="Worker" className="aside"><div className="line">{session.assignedWorker || '–'}</div></td>}
      <td data-label="Activity" className="aside" title={activity ? moment(activity) : undefined}>{activity ? ago(activity) : '–'}</td>
      {several && <td data-label="Server"><div className="line" title={server.name}>{server.name}</div></td>}
      <td className="cell-menu">
        <RowMenu row={row} handlers={handlers} />
      </td>
    </tr>
  );
});

interface Props {
  rows: Row[];
  chosen: ReadonlySet<string>;
  several: boolean; // servers
  handlers: Handlers;
  selectAll: (chosen: boolean) => void;
}

export function SessionTable({ rows, chosen, several, handlers, selectAll }: Props) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [offset, setOffset] = useState(0);
  // What stands above the table comes and goes.
  useLayoutEffect(() => setOffset(Math.round((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY)));
  const narrow = window.matchMedia('(max-width: 48em)').matches;
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => (narrow ? CARD_PX : ROW_PX),
    overscan: 12,
    scrollMargin: offset,
    getItemKey: (i) => rows[i]!.id,
  });
  const items = virtual.getVirtualItems();
  const before = items.length > 0 ? items[0]!.start - offset : 0;
  const after = items.length > 0 ? virtual.getTotalSize() - (items.at(-1)!.end - offset) : 0;
  // A server that stands alone has no name as a worker.
  const workers = rows.some((row) => row.session.assignedWorker);
  const columns = 7 + Number(several) + Number(workers);
  const count = rows.reduce((sum, row) => sum + Number(chosen.has(row.id)), 0);
  return (
    <table className="sessions" aria-rowcount={rows.length + 1} aria-label="Sessions">
      <thead>
        <tr aria-rowindex={1}>
          <th className="cell-check" scope="col">
            <input type="checkbox" aria-label="Choose all" checked={count === rows.length}
              ref={(box) => { if (box) box.indeterminate = count > 0 && count < rows.length; }}
              onChange={({ currentTarget }) => selectAll(currentTarget.checked)} />
          </th>
          <th scope="col" className="col-name">Name</th><th scope="col" className="col-status">Status</th><th scope="col" className="col-account">Account</th><th scope="col">Engine</th>
          {workers && <th scope="col" className="aside">Worker</th>}<th scope="col" className="aside">Activity</th>{several && <th scope="col" className="col-server">Server</th>}
          <th scope="col" className="cell-menu"><span className="hidden">Actions</span></th>
        </tr>
      </thead>
      <tbody ref={body}>
        {before > 0 && <tr className="gap" aria-hidden><td colSpan={columns} style={{ height: before }} /></tr>}
        {items.map(({ index, key }) => {
          const row = rows[index]!;
          return <Line key={String(key)} row={row} index={index} chosen={chosen.has(row.id)} several={several} workers={workers} handlers={handlers} measure={virtual.measureElement} />;
        })}
        {after > 0 && <tr className="gap" aria-hidden><td colSpan={columns} style={{ height: after }} /></tr>}
      </tbody>
    </table>
  );
}
