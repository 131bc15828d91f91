// A table that may be wider than its place: it scrolls by itself, with the mouse and at the keyboard, and the page stays.
import { Box, type BoxProps } from '@mantine/core';
import type { ReactNode } from 'react';

export function WideTable({ label, minWidth, children, ...box }: BoxProps & { label: string; minWidth: number; children: ReactNode }) {
  return (
    <Box style={{ overflow: 'auto' }} tabIndex={0} role="group" aria-label={label} {...box}>
      <Box miw={minWidth}>{children}</Box>
    </Box>
  );
}
