#ifndef GV_LIVE_H
#define GV_LIVE_H
/*
 * Where what is really there differs from a state, as a tool of the provider
 * reports it: which resources, how, and the names of their attributes, never a
 * value. The report's own form tells whose it is:
 *
 *	terraform plan -refresh-only -json, terraform show -json PLAN
 *	pulumi preview --refresh --json
 *	aws cloudformation describe-stack-resource-drifts
 *	az deployment group what-if --no-pretty-print
 *	kubectl get gcp -o json (Config Connector)
 *	kubectl diff
 *	lines {"resource": R, "change": C, "attributes": [A]}, the last of them
 *	{"complete": true}
 *
 *	r = gv_live_read(&live, text, len);
 *	gv_live_release(&live);
 *
 * Pure functions. A report that was cut off, that has more pages, or that says
 * of itself that it failed is refused: it would hide what differs.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define GV_LIVE_MAX 100000 /* changes */

enum gv_live_tool {
	GV_LIVE_LINES, /* of the team's own command */
	GV_LIVE_TERRAFORM,
	GV_LIVE_PULUMI,
	GV_LIVE_CLOUDFORMATION,
	GV_LIVE_AZURE,
	GV_LIVE_CONFIG_CONNECTOR,
	GV_LIVE_KUBECTL,
};

enum gv_live_change_kind {
	GV_LIVE_CHANGED,
	GV_LIVE_GONE,    /* it is not there */
	GV_LIVE_EXTRA,   /* it is there, and nothing asks for it */
	GV_LIVE_UNKNOWN, /* the tool cannot tell */
};

struct gv_live_change {
	size_t resource; /* where its name begins in `text`, NUL behind it */
	size_t names;    /* of attributes, with commas; "" */
	enum gv_live_change_kind kind;
};

struct gv_live {
	enum gv_live_tool tool;
	struct gv_live_change *changes;
	size_t n, cap;
	struct gv_buf text;
	bool is_cut; /* private */
};

/* "terraform", "kubectl" … */
const char *gv_live_tool_name(enum gv_live_tool tool);

/* Read a report; `text` is changed, and has one byte behind its `len`. 0;
 * GV_EREFUSED, with a sentence that quotes no value; GV_ENOMEM. To be released
 * in any case. */
int gv_live_read(struct gv_live *out, char *text, size_t len);

/* Whether a tool whose report this is ended well with that exit status: some
 * tell by it that there are differences. */
bool gv_live_is_success(enum gv_live_tool tool, int status);

/* Append the sentence of a change: "aws_instance.a differs: tags, ami". 0 or
 * GV_ENOMEM. */
int gv_live_sentence(struct gv_buf *out, const struct gv_live *live,
    const struct gv_live_change *change);

void gv_live_release(struct gv_live *live);

#endif
