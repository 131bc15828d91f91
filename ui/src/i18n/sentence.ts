// The server's texts begin small, as they stand after a colon on the command line; by themselves they are sentences.
export const sentence = (text: string) => text.charAt(0).toLocaleUpperCase() + text.slice(1);
