/* catalogue_int.h: one compiled catalogue of translations (GNU .mo). Private to base: everyone else calls text_translate. */
#ifndef BASE_CATALOGUE_INT_H
#define BASE_CATALOGUE_INT_H
#include <stdbool.h>

/* Maps the file, for the life of the process; one that was mapped before is forgotten, its texts stay readable. False when there is none, or when it is not a
 * catalogue of this machine; then nothing is translated. Call before threads. */
bool catalogue_open(const char *path);
/* The translation, NULL when there is none. Borrowed for ever. Thread-safe; asks for no memory, so that it cannot fail. */
const char *catalogue_find(const char *msgid);
#endif
