#ifndef GV_SCHEMA_H
#define GV_SCHEMA_H
/*
 * JSON Schema: whether a value is as a schema says, and where not. Drafts 04,
 * 06, 07, 2019-09 and 2020-12, all of each, and what Kubernetes makes of them.
 * A schema is compiled once, from documents that are given; a reference to any
 * other is never followed. What cannot be found out is never called valid.
 *
 *	r = gv_schema_new(&s, NULL);
 *	r = gv_schema_add(s, "values.schema.json", &doc, doc.parts[0].node);
 *	r = gv_schema_compile(s, 0, "");
 *	r = gv_schema_check(s, &instance, &report);
 *	if (report.verdict == GV_SCHEMA_VALID)
 *		…
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schema/instance.h"

#define GV_SCHEMA_FINDINGS_MAX 1000
#define GV_SCHEMA_DEPTH_MAX    4096 /* schemas within schemas in use at once */
#define GV_SCHEMA_STEPS_MIN    ((uint64_t)50 * 1000 * 1000)

struct gv_buf;

enum gv_schema_draft {
	GV_SCHEMA_DRAFT_AUTO, /* what "$schema" says, else 07 */
	GV_SCHEMA_DRAFT_04,
	GV_SCHEMA_DRAFT_06,
	GV_SCHEMA_DRAFT_07,
	GV_SCHEMA_DRAFT_2019,
	GV_SCHEMA_DRAFT_2020,
	GV_SCHEMA_KUBERNETES, /* of a CRD; "$schema" is not asked */
};

enum gv_schema_formats {
	GV_SCHEMA_FORMATS_COMMON, /* those that every validator agrees on hold;
				     others are notes */
	GV_SCHEMA_FORMATS_ALL,    /* all that are known hold */
	GV_SCHEMA_FORMATS_NONE,   /* all are notes, unless a vocabulary says
				     otherwise */
};

struct gv_schema_opts {
	enum gv_schema_draft draft; /* where "$schema" does not say */
	enum gv_schema_formats formats;
	uint64_t steps; /* the most that one check takes; 0: by the size of the
			   instance, and at least GV_SCHEMA_STEPS_MIN */
};

struct gv_schema;
struct gv_schema_node;

enum gv_schema_verdict {
	GV_SCHEMA_VALID,
	GV_SCHEMA_INVALID,
	GV_SCHEMA_UNKNOWN, /* could not be checked */
};

struct gv_schema_finding {
	enum gv_schema_verdict verdict; /* INVALID or UNKNOWN */
	const char *keyword;            /* "required"; static */
	uint32_t node;                  /* of the instance */
	bool of_key;                    /* its key, not its value */
	uint16_t document;              /* of the schema, as it was added */
	uint32_t at;      /* the node of the keyword in that document */
	uint32_t because; /* the finding that this one explains: it is of the
			     branch that fits best; or GV_DOC_NONE */
	const char *text; /* a sentence; holds names, but no value of the
			     instance; lives as long as the report */
	size_t text_at;   /* private */
};

struct gv_schema_report {
	enum gv_schema_verdict verdict;
	struct gv_schema_finding *findings; /* those of a branch before the one
					       that they explain */
	size_t n, cap;
	bool has_more; /* than GV_SCHEMA_FINDINGS_MAX */
	uint64_t steps;
	char *texts;
	size_t texts_len, texts_cap;
};

/* ---- compiling ----------------------------------------------------------- */

/* An empty set of documents; `opts` may be NULL. 0, GV_ENOMEM. The caller
 * frees. */
int gv_schema_new(struct gv_schema **out, const struct gv_schema_opts *opts);

/* NULL-safe. */
void gv_schema_free(struct gv_schema *s);

/* Add a document that is a schema, or holds some: its number, from 0 on; or
 * what gv_instance_read() returns. `uri` is where it is from, a URI or a path,
 * which relative references are read at. It and the document must live as long
 * as the schema. */
int gv_schema_add(struct gv_schema *s, const char *uri,
    const struct gv_doc *doc, uint32_t node);

/* Compile the schema at a JSON pointer of a document, with all that it refers
 * to. Once, after all documents were added. 0; GV_ENOTFOUND if nothing is
 * there; GV_EREFUSED if it is too large; GV_ENOMEM. What in it is wrong, or
 * cannot be checked, is found when a value comes to it. */
int
gv_schema_compile(struct gv_schema *s, uint16_t document, const char *pointer);

/* What in the schema is wrong, as findings of the document `document` (`node`
 * is a node of gv_schema_document()): held against the schema of its draft. 0,
 * GV_ENOMEM. Release the report. */
int gv_schema_problems(
    const struct gv_schema *s, uint16_t document, struct gv_schema_report *out);

/* A document as it was added; NULL if no document has that number. */
const struct gv_instance *
gv_schema_document(const struct gv_schema *s, uint16_t document);

/* ---- checking ------------------------------------------------------------ */

/* Hold an instance against the compiled schema. 0, also if it is not valid;
 * GV_ENOMEM. Threads may share a schema. Release the report after 0. */
int gv_schema_check(const struct gv_schema *s, const struct gv_instance *in,
    struct gv_schema_report *out);

/* Only the verdict: no finding is made, which is fastest. The same results. */
int gv_schema_judge(const struct gv_schema *s, const struct gv_instance *in,
    enum gv_schema_verdict *out);

/* Free; zeroed ok. */
void gv_schema_report_release(struct gv_schema_report *report);

/* Append a finding as "file:line:column: /pointer: sentence (schema
 * file:line:column /pointer)". */
void gv_schema_write(struct gv_buf *out, const struct gv_schema *s,
    const struct gv_instance *in, const struct gv_schema_finding *f);

/* ---- what a schema knows of a place -------------------------------------- */

/* The compiled schema itself; of a member of a map or, for key NULL, of the
 * items of a list. NULL: it says nothing of it. References are followed. */
const struct gv_schema_node *gv_schema_root(const struct gv_schema *s);
const struct gv_schema_node *
gv_schema_step(const struct gv_schema_node *node, const char *key, size_t len);

/* How two lists are merged by Kubernetes: the keys by which items of a list of
 * the type "map" are the same, *n of them; NULL if there are none. The strings
 * live as long as the schema. */
const char *const *
gv_schema_list_keys(const struct gv_schema_node *node, size_t *n);

/* Whether a list is a set (x-kubernetes-list-type: set). */
bool gv_schema_is_set(const struct gv_schema_node *node);

#endif
