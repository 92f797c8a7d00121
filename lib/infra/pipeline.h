#ifndef GV_PIPELINE_H
#define GV_PIPELINE_H
/*
 * Which pipeline a command runs in, and what that says of itself in the
 * environment: who started it, which run, job and attempt, of which commit. By
 * a table of the variables that each system documents; nothing is asked, and no
 * variable is looked at but those of the table.
 *
 *	r = gv_pipeline_detect(&p, &(struct gv_pipeline_look){ .get = get });
 *	if (r == 0)
 *		… p.provider ? p.run : "by hand"
 *	gv_pipeline_release(&p);
 */

#include <stdbool.h>

/* Texts are its own; NULL where it does not say. */
struct gv_pipeline {
	const char *provider; /* "github" …; NULL: none was found. Static */
	char *actor, *run, *job, *attempt;
	char *commit; /* as it stands; not always one that is here */
	char *ref;    /* "refs/heads/main", or a name only */
	char *environment;
	char *url;   /* of the run, by http or https, without a password */
	bool is_odd; /* it says another address, which is left out */
};

struct gv_pipeline_look {
	/* The value of a variable, NULL where it is not set or empty, borrowed
	 * until the next call. */
	const char *(*get)(void *ctx, const char *name);
	/* Whether what it says is taken: 1; 0, and then it is left out; or a
	 * failure. `of` is what it was made of, such as "${GITHUB_REF}". NULL:
	 * all is. */
	int (*take)(void *ctx, const char *of, const char *text);
	void *ctx;
};

/* Look. 0 whether or not there is one; GV_ENOMEM, or what take() failed with.
 * The caller releases *out. */
int
gv_pipeline_detect(struct gv_pipeline *out, const struct gv_pipeline_look *l);

/* Whether it is an address by http or https. */
bool gv_pipeline_is_url(const char *text);

/* Free; NULL-safe, zeroed ok. */
void gv_pipeline_release(struct gv_pipeline *p);

#endif
