#ifndef GV_DIALOG_H
#define GV_DIALOG_H
/*
 * Another program that gets a text, answers, and gets more, by turns.
 * Its stderr is ours. Not for what is fed and read to its end at once: see
 * proc.h.
 *
 *	r = gv_dialog_open(&d, argv);
 *	n = gv_dialog_write(&d, data, len);
 *	n = gv_dialog_read(&d, out, size);
 *	gv_dialog_close(&d);
 */

#include <stddef.h>
#include <sys/types.h>

struct gv_dialog {
	pid_t pid;
	int fd; /* both ways */
};

/* Start a program; argv[0] is sought in PATH. 0, GV_ENOTFOUND where there is
 * none, or GV_ERROR. */
int gv_dialog_open(struct gv_dialog *d, const char *const *argv);

/* Write some of the bytes: how many, or -1 where it does not listen any more.
 */
ssize_t gv_dialog_write(struct gv_dialog *d, const void *data, size_t len);

/* Read some bytes: how many, 0 at the end, or -1. GV_ECANCELED has no place
 * here: at the user's wish to stop, it is the end. */
ssize_t gv_dialog_read(struct gv_dialog *d, void *out, size_t size);

/* Tell it that no more comes, and wait for its end; ended where it does not
 * go by itself. */
void gv_dialog_close(struct gv_dialog *d);

#endif
