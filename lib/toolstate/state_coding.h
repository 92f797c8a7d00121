#ifndef GV_STATE_CODING_H
#define GV_STATE_CODING_H
/*
 * Reads states in another encoding than their tools write: UTF-16, as a
 * redirection in PowerShell makes it, UTF-8 after a byte order mark, and gzip.
 * The tools themselves would refuse such files. Pure.
 *
 *	coding = gv_state_coding_of(p, len);
 *	if (coding)
 *		r = gv_state_plain_read(&plain, coding, p, len, memory, unpack);
 *	gv_state_plain_release(&plain);
 */

#include <stddef.h>
#include <stdint.h>

#define GV_STATE_CODING_HEAD 4 /* the first bytes, which show the encoding */
#define GV_STATE_CODING_MAX  ((size_t)64 * 1024 * 1024)

struct gv_memory;

enum gv_state_coding {
	GV_STATE_UNCODED,
	GV_STATE_UTF8_MARK,
	GV_STATE_UTF16_LITTLE,
	GV_STATE_UTF16_BIG,
	GV_STATE_GZIP,
};

/* The encoding that the first bytes of a file show. */
enum gv_state_coding gv_state_coding_of(const void *p, size_t len);

/* Its name, to follow "it is". */
const char *gv_state_coding_name(enum gv_state_coding coding);

/* The decoded content. */
struct gv_state_plain {
	char *p;
	size_t len, cap;
	const struct gv_memory *memory;
};

/* Decode a whole file into `memory` (NULL: ordinary memory). `unpack` is as in
 * gv_state_source. 0; GV_EREFUSED if it is damaged or has more than
 * GV_STATE_CODING_MAX bytes, with the reason; GV_ENOMEM. The caller releases
 * *out after each call. */
int gv_state_plain_read(struct gv_state_plain *out, enum gv_state_coding coding,
    const void *p, size_t len, const struct gv_memory *memory,
    int64_t (*unpack)(void *out, size_t max, const void *data, size_t len));

/* Wipes; zeroed ok. */
void gv_state_plain_release(struct gv_state_plain *plain);

#endif
