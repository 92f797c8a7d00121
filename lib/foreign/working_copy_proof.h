#ifndef GV_WORKING_COPY_PROOF_H
#define GV_WORKING_COPY_PROOF_H
/*
 * The proof that a server has the revision of which a snapshot leaves out the
 * files: what was asked, when, and what came of it. Kept, so that no save but
 * the first of a day or of a revision asks a network.
 *
 *	r = gv_working_copy_proof_parse(&proof, text, len);
 *	switch (gv_working_copy_proof_say(&proof, &now)) ...
 *
 * Pure functions. working_copy_base.c asks, by working_copy_ask.c.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "repo/oid.h"

/* How long "yes" counts where the server does not answer, after how long it is
 * asked again, and how long "no" counts. */
#define GV_WORKING_COPY_HAD   ((int64_t)24 * 60 * 60)
#define GV_WORKING_COPY_AGAIN ((int64_t)60 * 60)
#define GV_WORKING_COPY_LOST  ((int64_t)15 * 60)

/* What a server, or a proof, says of a revision. */
enum gv_working_copy_says {
	GV_WORKING_COPY_ASK, /* nothing: a proof is old or of something else, a
				server did not answer */
	GV_WORKING_COPY_HAS,
	GV_WORKING_COPY_LACKS,
	GV_WORKING_COPY_OTHER, /* another repository, or revision, has its place
				*/
};

struct gv_working_copy_proof {
	const char *tool;     /* "svn" or "hg" */
	char revision[48];    /* that was asked for */
	struct gv_oid stamp;  /* of the working copy's database then */
	struct gv_oid server; /* digest of its address, without a password, and
				 its identity */
	int64_t time;         /* of its last answer, seconds since 1970 */
	int64_t asked;        /* when it was asked last */
	enum gv_working_copy_says says;
	char folder[48]; /* digest of what a server is that is one; or "-" */
	struct gv_buf local; /* its path; or "" */
};

/* By a proof of the same tool, revision and server; the address is looked up
 * only where the database moved, so equal stamps stand for equal servers. */
enum gv_working_copy_says
gv_working_copy_proof_say(const struct gv_working_copy_proof *was,
    const struct gv_working_copy_proof *is, bool knows_server);

/* Note in `is`, whose time is now, what the server said. Where it said nothing,
 * an earlier "yes" still counts, for a day from then. */
void gv_working_copy_proof_take(struct gv_working_copy_proof *is,
    const struct gv_working_copy_proof *was, enum gv_working_copy_says said);

/* Append the text that is stored. */
void gv_working_copy_proof_format(
    struct gv_buf *out, const struct gv_working_copy_proof *proof);

/* Read it. 0; GV_ECORRUPT without a message; GV_ENOMEM. To be released in any
 * case. */
int gv_working_copy_proof_parse(
    struct gv_working_copy_proof *out, const char *text, size_t len);

void gv_working_copy_proof_release(struct gv_working_copy_proof *proof);

#endif
