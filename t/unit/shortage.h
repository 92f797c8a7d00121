#ifndef SHORTAGE_H
#define SHORTAGE_H
/*
 * Memory that is short: each call for it fails once, in a program that is
 * linked for it (t/sources.am).
 *
 *	shortage_each(read_and_write, &texts);
 */

struct gv_buf;

/* What needs memory: 0 with a text of all that came of it, or GV_ENOMEM. All
 * that it takes is released but *out. */
typedef int shortage_use(struct gv_buf *out, const void *ctx);

/* Use it as often as it takes for every call to have failed once. It returns
 * GV_ENOMEM, or the text that it has with memory; nothing leaks. */
void shortage_each(shortage_use *use, const void *ctx);

#endif
