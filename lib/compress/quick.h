#ifndef GV_QUICK_H
#define GV_QUICK_H
/*
 * Compresses short texts and Git's trees as zlib streams in half of the time
 * that compress/deflate.h takes, for an eighth more bytes: by codes that were
 * counted once over many files of such a kind, instead of codes of their own.
 * For what is written often and packed again later. One context a thread.
 *
 *	q = gv_quick_new();
 *	n = gv_quick_run(q, GV_QUICK_TEXT, out, cap, data, len);
 *	gv_quick_free(q);
 */

#include <stddef.h>

enum gv_quick_kind {
	GV_QUICK_TEXT, /* ASCII */
	GV_QUICK_TREE, /* names and object ids */
	GV_QUICK_KINDS
};

/* Longer ones are not for it. */
#define GV_QUICK_MAX ((size_t)0xffff)

struct gv_quick;

/* A context; NULL with the message set when out of memory. The caller frees it.
 */
struct gv_quick *gv_quick_new(void);

/* Free; NULL-safe. */
void gv_quick_free(struct gv_quick *q);

/* Compress `len` bytes into at most `cap`; the size, or 0 where that does not
 * fit, where a text has other bytes than those of ASCII, and where it is longer
 * than GV_QUICK_MAX. */
size_t gv_quick_run(struct gv_quick *q, enum gv_quick_kind kind, void *out,
    size_t cap, const void *data, size_t len);

#endif
