#ifndef GV_MERGE_H
#define GV_MERGE_H
/*
 * Three versions of a configuration file merged by key: what one side changed
 * is taken, what both changed differently is a conflict of that key alone.
 * Comments, the order and the style of the first side stay. No files, no Git.
 *
 *	r = gv_merge_keys(&out, &in);
 *	if (r == 0)
 *		… out.text, out.conflicts
 *	gv_merge_release(&out);
 *
 * A result is read again: each key has to say what merging values says, and a
 * result with conflicts has to do so whichever side is chosen.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "doc/doc.h"

enum gv_merge_side {
	GV_MERGE_BASE,
	GV_MERGE_OURS,
	GV_MERGE_THEIRS,
	GV_MERGE_SIDES
};

struct gv_merge_text {
	const char *p;
	size_t len;
};

/* Append what is printed behind a marker of a conflict, on one line. `line` is
 * where the side has the key, or 0 where it was removed. 0 or a failure. */
typedef int gv_merge_label_fn(void *ctx, struct gv_buf *out,
    enum gv_merge_side side, const char *key, size_t line);

struct gv_merge_in {
	enum gv_doc_format format;
	struct gv_merge_text sides[GV_MERGE_SIDES];
	size_t marker;   /* how many signs a marker has */
	bool shows_base; /* also between "|||||||" and "=======" */
	gv_merge_label_fn *label;
	void *ctx;
};

struct gv_merge_out {
	struct gv_buf text;
	struct gv_buf keys; /* those in conflict, a LF behind each */
	size_t conflicts;
};

/* Whether files of this format are merged by key: JSON, YAML, env files and
 * variables of Terraform. */
bool gv_merge_knows(enum gv_doc_format format);

/* Merge. 0; GV_EREFUSED with the reason where it cannot be done by key: a side
 * cannot be read, has several documents or a key twice, or the result does not
 * say what it should; GV_ENOMEM; what label() returned. Release *out always. */
int gv_merge_keys(struct gv_merge_out *out, const struct gv_merge_in *in);

void gv_merge_release(struct gv_merge_out *out);

/* Whether another merge of the same sides, such as one of lines, says what
 * merging by key says: 1 or 0, GV_EREFUSED where a side cannot be read, and
 * GV_ENOMEM. */
int
gv_merge_is_sound(const struct gv_merge_in *in, const char *text, size_t len);

/* Merge lines, as `git merge-file` does. 1: *out has the result; 0: the sides
 * changed the same lines, *out is as it was; GV_ENOMEM. */
int gv_merge_lines(
    struct gv_buf *out, const struct gv_merge_text sides[GV_MERGE_SIDES]);

#endif
