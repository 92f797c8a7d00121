#ifndef GV_SHELF_H
#define GV_SHELF_H
/*
 * The segments of an index, as files. One that is damaged counts as missing:
 * that its head is damaged is found when it is opened, the rest as it is read.
 *
 *	r = gv_shelf_open(&shelf, repo);
 *	gv_segment_find(&found, &shelf.books[i].segment, &grams);
 *	gv_shelf_close(&shelf);
 */

#include <stdint.h>

#include "sys/file.h"
#include "textindex/segment.h"

struct gv_repo;
struct gv_buf;

struct gv_shelf {
	struct gv_shelf_book {
		uint32_t number; /* of its file */
		bool is_damaged; /* and not to be asked */
		struct gv_file_map map;
		struct gv_segment segment;
	} * books; /* by number */
	size_t n, cap;
};

/* Append the path of the folder. 0 or GV_ENOMEM. */
int gv_shelf_path(struct gv_buf *out, const struct gv_repo *repo);

/* 0, also without an index; GV_ENOMEM. To be closed in any case. */
int gv_shelf_open(struct gv_shelf *out, const struct gv_repo *repo);
void gv_shelf_close(struct gv_shelf *shelf);

/* Open the one of a number alone; no failure but GV_ENOMEM: then it is damaged.
 * To be closed in any case. */
int gv_shelf_open_book(struct gv_shelf_book *book, const char *common_dir);
void gv_shelf_close_book(struct gv_shelf_book *book);

/* Write a segment behind all others, for the user alone. 0; GV_ERROR where the
 * folder cannot be made; GV_ENOMEM. */
int gv_shelf_add(const struct gv_shelf *shelf, const struct gv_repo *repo,
    const struct gv_buf *segment, uint32_t *number);

/* Remove the file of a segment; its bytes stay until the shelf is closed. */
void gv_shelf_remove(const struct gv_repo *repo, uint32_t number);

#endif
