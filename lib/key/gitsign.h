#ifndef GV_GITSIGN_H
#define GV_GITSIGN_H
/*
 * Signatures of tags as git has them: behind the tag's text, made by the
 * program and the key that git is set to (gpg.format, gpg.program,
 * user.signingKey …), and checked by git itself. Who reads git's settings has
 * nothing else to set. Whose signature is to be trusted is for the caller.
 *
 *	r = gv_gitsign_add(&text, repo, NULL);
 *	r = gv_gitsign_split(&payload, text, len);
 *	r = gv_gitsign_check(&seen, repo, &tag);
 *	gv_gitsign_release(&seen);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;
struct gv_oid;
struct gv_repo;

#define GV_GITSIGN_MAX ((size_t)64 * 1024) /* bytes of a signature */

enum gv_gitsign_verdict {
	GV_GITSIGN_NONE,    /* there is no signature */
	GV_GITSIGN_GOOD,    /* … of somebody git trusts */
	GV_GITSIGN_UNKNOWN, /* … of a key that git does not know, or trust */
	GV_GITSIGN_BAD,     /* it is of something else, or its key has expired
			       or was revoked */
	GV_GITSIGN_UNSEEN,  /* it could not be checked */
	GV_GITSIGN_VERDICTS
};

/* "none", "good", "unknown-key", "bad", "unchecked". */
extern const char *const gv_gitsign_verdicts[GV_GITSIGN_VERDICTS];

/* What a check said. */
struct gv_gitsign {
	enum gv_gitsign_verdict verdict;
	bool is_whole; /* the signature is of these bytes and its key is not
			  known to be void: true of GOOD, and of UNKNOWN where
			  the key is at hand */
	char *by;      /* a principal of ssh, a user id of OpenPGP; NULL */
	char *print;   /* of the key: SHA256:…, or digits; NULL */
	char *why;     /* in words, where it is not good; NULL */
};

#define GV_GITSIGN_INIT                                                        \
	{                                                                      \
		.verdict = GV_GITSIGN_NONE                                     \
	}

/* Free; NULL-safe. */
void gv_gitsign_release(struct gv_gitsign *seen);

/* Append to the text of a tag the signature of it, as `git tag -s` does, by a
 * key (NULL or "": the one that git is set to). The program may ask the user
 * for a passphrase. 0; GV_ENOTFOUND where there is no such program;
 * GV_EREFUSED with what it said where it did not sign, and for a format that
 * git does not have; GV_ERROR; GV_ENOMEM. Unchanged on failure. */
int
gv_gitsign_add(struct gv_buf *tag, const struct gv_repo *repo, const char *key);

/* Where in the text of a tag its signature begins: `len` where it has none. 0;
 * GV_ECORRUPT where there stands anything but one signature. */
int gv_gitsign_split(size_t *payload, const char *text, size_t len);

/* Have git check the signature of a tag that has one. 0, whatever it says;
 * GV_ECANCELED; GV_ENOMEM. The caller releases *out after success. */
int gv_gitsign_check(struct gv_gitsign *out, const struct gv_repo *repo,
    const struct gv_oid *tag);

/* What `git verify-tag --raw` wrote, as a verdict; `passed` is whether it ended
 * with 0. 0; GV_ENOMEM. */
int gv_gitsign_read(struct gv_gitsign *out, const char *said, bool passed);

#endif
