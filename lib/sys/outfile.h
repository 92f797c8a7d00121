#ifndef GV_OUTFILE_H
#define GV_OUTFILE_H
/*
 * The FILE that a user named for the output of a command. A file appears there
 * only when it is complete and on disk: until then it has no name, or one of
 * its own. Nothing but a regular file is ever replaced. A FIFO or device is
 * written into, a symbolic link is followed and stays, a directory is refused.
 *
 *	struct gv_outfile out = { .path = "x.tar", .mode = 0666,
 *		.replaces = true };
 *	r = gv_outfile_open(&out);
 *	if (r == 0)
 *		r = gv_outfile_close(&out, gv_outfile_write(&out, p, n));
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"

struct gv_outfile {
	const char *path; /* NULL: stdout */
	/* of a new file, before the umask; one that replaces another has its
	 * mode as far as that lies within this, and its owner if that can be */
	mode_t mode;
	bool replaces; /* a file or link that is there; else it is refused */
	/* what the user can do if it is refused; NULL: name another file */
	const char *instead;
	/* private */
	char *target; /* the path without links */
	struct gv_buf temporary;
	int fd;
	bool is_stream; /* a FIFO or a device */
	bool is_open;   /* and not stdout */
};

/* Whether it could be opened: for a long job to ask first. Nothing is created
 * or opened. 0; as gv_outfile_open(). */
int gv_outfile_check(const struct gv_outfile *f);

/* Whether the path leads to a FIFO or a device, which is written into. */
bool gv_outfile_is_stream(const char *path);

/* Begin to write. Waits for the reader of a FIFO. 0; GV_EEXISTS for a file that
 * must not be replaced; GV_EREFUSED for a directory or a socket; GV_ERROR, such
 * as for a file that is write-protected; GV_ENOMEM. */
int gv_outfile_open(struct gv_outfile *f);

/* Write bytes; `f` is a struct gv_outfile, so that this is a gv_age_sink. 0;
 * GV_ERROR; GV_ECANCELED if the reader of a FIFO has gone. */
int gv_outfile_write(void *f, const void *data, size_t len);

/* Whether nobody sees the bytes of an open file before it is closed: not so of
 * stdout, a FIFO or a device. */
bool gv_outfile_is_hidden(const struct gv_outfile *f);

/* Whether that path means stdout: NULL or "-". */
bool gv_outfile_is_stdout(const char *path);

/* Write all of a text and close: to `f->path`, or to stdout. A command flushes
 * what it printed itself before. 0; as gv_outfile_open() and _write(). */
int gv_outfile_put(struct gv_outfile *f, const void *data, size_t len);

/* If r is 0, flush the file and give it its name; otherwise remove it. Returns
 * r, or the failure. Nothing happens to a file that is not open. */
int gv_outfile_close(struct gv_outfile *f, int r);

#endif
