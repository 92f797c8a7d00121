#ifndef GV_COVER_H
#define GV_COVER_H
/*
 * A set of files as few paths: a folder stands for all files below it where
 * all of them are in the set, so that a command can name the set.
 *
 *	r = gv_cover_find(&cover, files, n);
 *	for (i = 0; i < cover.n; i++)
 *		print(cover.items[i].path, cover.items[i].len);
 *	gv_cover_release(&cover);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_cover_file {
	const char *path;
	size_t len;
	bool is_in;
};

struct gv_cover_item {
	const char *path; /* the beginning of that of a file, borrowed */
	size_t len;       /* 0: the top */
};

struct gv_cover {
	struct gv_cover_item *items; /* by path */
	size_t n, cap;
};

/* Cover a set; the files are sorted here. 0 or GV_ENOMEM. To be released in any
 * case. */
int gv_cover_find(struct gv_cover *out, struct gv_cover_file *files, size_t n);

/* Free; zeroed ok. */
void gv_cover_release(struct gv_cover *cover);

#endif
