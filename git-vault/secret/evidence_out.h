#ifndef EVIDENCE_OUT_H
#define EVIDENCE_OUT_H
/*
 * `audit export --control`: evidence for an auditor, in a directory.
 *
 *	r = gv_evidence_out(ctx, &(struct gv_evidence_ask){ .control = "A1.3"
 *});
 */

struct gv_ctx;

struct gv_evidence_ask {
	const char *control;
	const char *from, *to; /* as gv_evidence_time(); NULL */
	const char *into;      /* NULL: evidence-CONTROL */
};

/* Write it, and say what it has. 0; 3 where something could not be read;
 * GV_EUSAGE for an unknown control; as gv_evidence_write(). */
int gv_evidence_out(struct gv_ctx *ctx, const struct gv_evidence_ask *ask);

#endif
