// A new password typed twice: what it must be is said before, what is wrong as soon as it is known.
import { PasswordInput } from '@mantine/core';
import { useText } from '@/i18n/text';

export const PASSWORD_CHARACTERS = 8;

export interface NewPasswordValue {
  password: string;
  repeat: string;
}

export const newPasswordGood = ({ password, repeat }: NewPasswordValue) => [...password].length >= PASSWORD_CHARACTERS && password === repeat;

export function NewPassword({ value, onChange, label }: { value: NewPasswordValue; onChange: (value: NewPasswordValue) => void; label: string }) {
  const t = useText();
  const short = value.repeat !== '' && [...value.password].length < PASSWORD_CHARACTERS;
  const differ = value.repeat !== '' && value.password !== value.repeat;
  const toggle = { 'aria-label': t('login.showPassword') };
  return (
    <>
      <PasswordInput label={label} description={t('password.hint')} value={value.password} onChange={(event) => onChange({ ...value, password: event.currentTarget.value })} autoComplete="new-password" required
        withAsterisk={false} error={short ? t('password.short') : undefined} visibilityToggleButtonProps={toggle} />
      <PasswordInput label={t('setup.repeat')} value={value.repeat} onChange={(event) => onChange({ ...value, repeat: event.currentTarget.value })} autoComplete="new-password" required withAsterisk={false}
        error={!short && differ ? t('password.differ') : undefined} visibilityToggleButtonProps={toggle} />
    </>
  );
}
