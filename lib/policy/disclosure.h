#ifndef GV_DISCLOSURE_H
#define GV_DISCLOSURE_H
/*
 * Keeps secrets out of what people write into records: reasons, messages,
 * addresses, names; and out of what pipelines and files say for them. These are
 * kept as they stand, for all who read the repository, and go out with it, from
 * where nobody takes them back.
 *
 *	struct gv_disclosure d = GV_DISCLOSURE_INIT(repo);
 *	r = gv_disclosure_check(&d, "--reason", text);
 *	gv_disclosure_release(&d);
 */

#include <stdbool.h>

#include "policy/team_rules.h"
#include "scan/scan.h"

struct gv_buf;
struct gv_pipeline;
struct gv_repo;

struct gv_disclosure {
	struct gv_repo *repo; /* borrowed; NULL: our own rules alone */
	struct gv_team_rules rules;
	struct gv_scan scan;
	bool is_loaded; /* with the first text */
};

#define GV_DISCLOSURE_INIT(from)                                               \
	{                                                                      \
		.repo = (from), .rules = GV_TEAM_RULES_INIT,                   \
		.scan = GV_SCAN_INIT                                           \
	}

/* What a text likely has. */
struct gv_disclosed {
	const char *rule; /* its id, which goes with the gv_disclosure */
	unsigned byte;    /* where, from 1 */
};

/* Hold a text against the rules of the scanner, and the team's own where its
 * policy can be read. 1 with *out where it likely has a secret; 0; GV_ENOMEM,
 * GV_ERROR. */
int gv_disclosure_find(
    struct gv_disclosed *out, struct gv_disclosure *d, const char *text);

/* The same of a file, whose path says of what kind it is. */
int gv_disclosure_find_file(struct gv_disclosed *out, struct gv_disclosure *d,
    const char *path, const char *text, size_t len);

/* The same at the least suspicion, of a value by its name, which may promise a
 * secret: for values that are taken from programs and files. */
int gv_disclosure_suspect(struct gv_disclosed *out, struct gv_disclosure *d,
    const char *name, const char *value);

/* Append a text with GV_DISCLOSURE_HIDDEN in place of all that may be a secret,
 * at the least suspicion: for what programs print. 0; GV_ENOMEM, GV_ERROR, and
 * then nothing was appended. */
#define GV_DISCLOSURE_HIDDEN "<withheld>"
int gv_disclosure_hide(
    struct gv_buf *out, struct gv_disclosure *d, const char *text, size_t len);

/* Append a line that a program printed, as it is shown: without colours, which
 * could divide a secret, and hidden as above; as a whole where it cannot be
 * searched. 0 or GV_ENOMEM. */
int gv_disclosure_line(
    struct gv_buf *out, struct gv_disclosure *d, const char *line, size_t len);

/* The same as gv_disclosure_find(), as a refusal: GV_EREFUSED with the rule and
 * the place in the message, and never the text; `what` says to the user which
 * one it is. */
int gv_disclosure_check(
    struct gv_disclosure *d, const char *what, const char *text);

/* Whether what a system says is taken down: 1; 0 where it likely has a secret,
 * and then *withheld tells, behind what it told before, of what it was made
 * and by which rule: "${CI_JOB_NAME} (github-pat)". As gv_disclosure_find(). */
int gv_disclosure_take(struct gv_buf *withheld, struct gv_disclosure *d,
    const char *of, const char *text);

/* What pipeline this is, without the texts that are withheld as above. As
 * gv_pipeline_detect() and gv_disclosure_find(); the caller releases *out. */
int gv_disclosure_pipeline(
    struct gv_pipeline *out, struct gv_buf *withheld, struct gv_disclosure *d);

/* Free what it holds. */
void gv_disclosure_release(struct gv_disclosure *d);

#endif
