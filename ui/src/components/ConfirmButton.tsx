// A button whose deed is asked for once more: what cannot be undone, or touches much.
import { Button, Group, Modal, Text, type ButtonProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { useText } from '@/i18n/text';

interface Props extends ButtonProps {
  /** What the button says, and the title of the question. */
  label: string;
  question: ReactNode;
  /** What the confirming button says; the label when not given. */
  confirm?: string;
  onConfirm: () => void;
}

export function ConfirmButton({ label, question, confirm, onConfirm, ...button }: Props) {
  const t = useText();
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button variant="default" {...button} onClick={open}>
        {label}
      </Button>
      <Modal opened={opened} onClose={close} title={label} closeButtonProps={{ 'aria-label': t('common.close') }} centered>
        <Text mb="md">{question}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            {t('common.cancel')}
          </Button>
          <Button
            color={button.color}
            onClick={() => {
              close();
              onConfirm();
            }}
          >
            {confirm ?? label}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
