// SPDX-License-Identifier: Apache-2.0
// Where the dashboard begins.
import { Checkbox, createTheme, MantineProvider } from '@mantine/core';
import '@mantine/core/styles.css';
import { createRoot } from 'react-dom/client';
import { start } from './api/fleet';
import { loadSettings } from './api/settings';
import { App } from './App';
import './style.css';

const theme = createTheme({
  primaryColor: 'brand',
  primaryShade: 7,
  colors: {
    brand: ['#f0fdfa', '#ccfbf1', '#99f6e4', '#5eead4', '#2dd4bf', '#14b8a6', '#0d9488', '#0f766e', '#115e59', '#134e4a'],
  },
  defaultRadius: 'md',
  autoContrast: true,
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: { Checkbox: Checkbox.extend({ defaultProps: { radius: 4 } }) },
});

void loadSettings().catch(() => {});
start();
createRoot(document.getElementById('root')!).render(
  <MantineProvider theme={theme} defaultColorScheme="auto"><App /></MantineProvider>,
);
