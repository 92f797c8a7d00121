#ifndef GV_HCL_H
#define GV_HCL_H
/*
 * The blocks of a file of Terraform or OpenTofu: of its own language (HCL 2,
 * *.tf) and of the same as JSON (*.tf.json). Structure only: where a block
 * begins and ends, what it is called, and the few arguments that say what
 * becomes of addresses. Expressions are held to be in order as to their
 * brackets, texts and templates, and are not worked out. Nothing is read but
 * the bytes that are given.
 *
 *	r = gv_hcl_read(text, len, on_block, ctx);
 *	r = gv_hcl_walk(text, len, on_step, ctx);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;

/* Brackets, texts and templates within one another. */
#define GV_HCL_MAX_DEPTH 200

enum gv_hcl_kind {
	GV_HCL_RESOURCE,  /* labels: type, name */
	GV_HCL_DATA,      /* the same; also one within a check */
	GV_HCL_EPHEMERAL, /* the same; in no state */
	GV_HCL_MODULE,    /* its name */
	GV_HCL_MOVED,     /* no label */
	GV_HCL_IMPORT,    /* the same */
	GV_HCL_REMOVED,   /* the same */
};

/* A piece of the text; p NULL: it is not there. */
struct gv_hcl_span {
	const char *p;
	size_t len;
};

/* Spans last for the call that is given them. */
struct gv_hcl_block {
	enum gv_hcl_kind kind;
	struct gv_hcl_span labels[2];
	size_t line;     /* from 1 */
	bool is_counted; /* it has `count` or `for_each` */
	/* of a module: where it comes from, if that is a plain text */
	struct gv_hcl_span source;
	/* of moved, import and removed: what they name, as it is written,
	 * module.a["x"].aws_vpc.main */
	struct gv_hcl_span from, to;
};

typedef int gv_hcl_fn(void *ctx, const struct gv_hcl_block *block);

/* Read a file of the language; fn() is called at the end of each block of the
 * kinds above, and a negative value ends it. 0; what fn() returned; GV_EREFUSED
 * with "line L, column C: " and what is wrong there. */
int gv_hcl_read(const char *text, size_t len, gv_hcl_fn *fn, void *ctx);

/* What stands in a file of the language, whatever it is called. */
enum gv_hcl_step {
	GV_HCL_OPEN,     /* a block of this type */
	GV_HCL_LABEL,    /* one of its labels, without quotes */
	GV_HCL_ARGUMENT, /* a name and, as it is written, its value */
	GV_HCL_CLOSE,    /* the block that was opened last ends */
};

typedef int gv_hcl_step_fn(void *ctx, enum gv_hcl_step step,
    struct gv_hcl_span name, struct gv_hcl_span value);

/* Tell fn() of all of that, in the order of the text. As gv_hcl_read(). */
int gv_hcl_walk(const char *text, size_t len, gv_hcl_step_fn *fn, void *ctx);

/* The same as gv_hcl_read(), of JSON; GV_ENOMEM, too. */
int gv_hcl_read_json(const char *text, size_t len, gv_hcl_fn *fn, void *ctx);

/* Append the address that a span names without blanks and without what stands
 * in brackets: module.a.aws_vpc.main. Whether it is one; nothing was appended
 * where it is not. */
bool gv_hcl_address(struct gv_buf *out, struct gv_hcl_span span);

#endif
