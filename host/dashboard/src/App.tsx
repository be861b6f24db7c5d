// SPDX-License-Identifier: Apache-2.0
// The frame: navigation, the view that the path names, and the key where one is missing.
import { Anchor, Button, Container, Group, Loader, Paper, Text, Title, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useEffect, useState, type MouseEvent } from 'react';
import { fleet } from './api/fleet';
import { OWN } from './api/servers';
import { useSettings } from './api/settings';
import { useStore } from './api/store';
import { EventsPage } from './events/EventsPage';
import { SessionsPage } from './sessions/SessionsPage';
import { KeyForm } from './servers/KeyForm';
import { PluginsPage } from './servers/PluginsPage';
import { ServersPage } from './servers/ServersPage';
import { Confirm } from './ui/confirm';
import { Toasts } from './ui/toast';

const VIEWS = [
  { path: '/dashboard', title: 'Sessions', View: SessionsPage },
  { path: '/dashboard/event-monitor', title: 'Events', View: EventsPage },
  { path: '/dashboard/plugins', title: 'Plugins', View: PluginsPage },
  { path: '/dashboard/servers', title: 'Servers', View: ServersPage },
];

function usePath(): [string, (path: string) => void] {
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const moved = () => setPath(location.pathname);
    window.addEventListener('popstate', moved);
    return () => window.removeEventListener('popstate', moved);
  }, []);
  return [path.replace(/\/+$/, ''), (to) => { history.pushState(null, '', to); setPath(to); window.scrollTo(0, 0); }];
}

function Header({ path, go }: { path: string; go: (path: string) => void }) {
  const { apiPage, links } = useSettings();
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('light') === 'dark';
  const follow = (to: string) => (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <nav className="top" aria-label="Main">
      <a className="skip" href="#main">To the content</a>
      <Container size="xl" className="top-row">
        <span className="brand"><img src="/dashboard/assets/icon.svg" alt="" width={24} height={24} />Waxwing</span>
        <div className="views">
          {VIEWS.map(({ path: to, title }) => <a key={to} href={to} aria-current={path === to ? 'page' : undefined} onClick={follow(to)}>{title}</a>)}
        </div>
        <Group gap="md" wrap="nowrap" className="top-end">
          {links.map(({ title, url }) => <Anchor key={url} href={url} target="_blank" rel="noopener" size="sm">{title} ↗</Anchor>)}
          {apiPage && <Anchor href="/" size="sm">API</Anchor>}
          <Button size="compact-sm" variant="default" onClick={() => setColorScheme(dark ? 'light' : 'dark')} aria-label={dark ? 'Light colours' : 'Dark colours'}>{dark ? '☀' : '☾'}</Button>
        </Group>
      </Container>
    </nav>
  );
}

function Main({ path }: { path: string }) {
  const states = useStore(fleet);
  const own = states.find(({ server }) => server.id === OWN.id);
  const others = states.some((state) => state !== own && state.phase === 'online');
  const view = VIEWS.find((candidate) => candidate.path === path);
  if (own === undefined || own.phase === 'connecting') return <Group justify="center" py={80}><Loader aria-label="Connecting" /></Group>;
  if (own.phase === 'locked' && !others) {
    return (
      <Paper withBorder className="key" p="xl" radius="md">
        <Title order={1} size="h3" mb={4}>{OWN.name}</Title>
        <Text c="dimmed" size="sm" mb="lg">This server asks for an API key.</Text>
        <KeyForm server={OWN} problem={own.problem} />
      </Paper>
    );
  }
  return view ? <view.View /> : <Text>There is no such view.</Text>;
}

export function App() {
  const [path, go] = usePath();
  const title = VIEWS.find((view) => view.path === path)?.title;
  useEffect(() => {
    document.title = title ? `${title} – Waxwing` : 'Waxwing';
  }, [title]);
  return (
    <>
      <Header path={path} go={go} />
      <Container size="xl" component="main" id="main" py="lg"><Main path={path} /></Container>
      <Confirm />
      <Toasts />
    </>
  );
}
