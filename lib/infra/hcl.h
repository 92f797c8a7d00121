#ifndef GV_HCL_H
#define GV_HCL_H
/*
 * The blocks of a file of Terraform or OpenTofu: of its own language (HCL 2,
 * *.tf) and of the same as JSON (*.tf.json): where a block is, what it is
 * called, and the few arguments that say what becomes of addresses. All that is
 * in a file is in the tree of doc/doc.h, by which this one reads.
 *
 *	r = gv_hcl_read(text, len, on_block, ctx);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;

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

/* Read a file of the language; fn() is called for each block of the kinds
 * above, one in another before that, and a negative value ends it. 0; what fn()
 * returned; GV_EREFUSED with "line L, column C: " and what is wrong there,
 * before any call if the file is not in order; GV_ENOMEM. */
int gv_hcl_read(const char *text, size_t len, gv_hcl_fn *fn, void *ctx);

/* The same as gv_hcl_read(), of JSON. */
int gv_hcl_read_json(const char *text, size_t len, gv_hcl_fn *fn, void *ctx);

/* Append the address that a span names without blanks and without what stands
 * in brackets: module.a.aws_vpc.main. Whether it is one; nothing was appended
 * where it is not. */
bool gv_hcl_address(struct gv_buf *out, struct gv_hcl_span span);

#endif
