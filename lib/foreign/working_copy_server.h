#ifndef GV_WORKING_COPY_SERVER_H
#define GV_WORKING_COPY_SERVER_H
/*
 * The command server of Mercurial: many commands by one process. All requests
 * are written first, and its end of input ends it; the answers come in order.
 * Pure functions of bytes.
 *
 *	r = gv_working_copy_request(&in, argv);		for each
 *	gv_working_copy_answers_init(&a, p.out.p, p.out.len);
 *	r = gv_working_copy_answer(&out, &err, &status, &a);	for each
 */

#include <stddef.h>

struct gv_buf;

struct gv_working_copy_answers {
	const char *p, *end; /* what is not read yet */
};

/* Append a request; argv is without "hg", NULL behind the last. 0; GV_ENOMEM.
 */
int gv_working_copy_request(struct gv_buf *in, const char *const *argv);

/* Pass over the greeting. 0; GV_ECORRUPT, with a message, where there is none.
 */
int gv_working_copy_answers_init(
    struct gv_working_copy_answers *a, const char *text, size_t len);

/* Append what the next command wrote; *status is its exit status. 0;
 * GV_ECORRUPT, with a message, where it has not ended or asks for input;
 * GV_ENOMEM. */
int gv_working_copy_answer(struct gv_buf *out, struct gv_buf *err, long *status,
    struct gv_working_copy_answers *a);

#endif
