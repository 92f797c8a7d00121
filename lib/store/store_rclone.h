#ifndef GV_STORE_RCLONE_H
#define GV_STORE_RCLONE_H
/*
 * What rclone(1) lists, a line for each name. Pure.
 *
 *	if (gv_store_rclone_line(&entry, line, len))
 *		use(entry.name, entry.len, &entry.stat);
 */

#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"

struct gv_store_rclone_entry {
	const char *name; /* borrowed from the line, without its '/' */
	size_t len;
	bool is_folder;
	struct gv_store_stat stat; /* of a file: its size and time */
};

/* Whether what rclone said means that the remote does not let this host do it,
 * as far as words tell: its exit status does not. */
bool gv_store_rclone_is_denied(const char *said);

/* Read "NAME<tab>SIZE<tab>DATE TIME"; false where it is no such line. */
bool gv_store_rclone_line(
    struct gv_store_rclone_entry *out, const char *line, size_t len);

#endif
