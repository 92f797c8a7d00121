#ifndef GV_SYMBOL_H
#define GV_SYMBOL_H
/*
 * What one file of infrastructure code defines, what it refers to, and the few
 * values that other files are judged by: a Terraform variable, the Service that
 * an Ingress sends to, the tag of an image. A function of the bytes and of the
 * kind of file alone, so that it can be kept by the id of a blob. Whether what
 * is referred to exists is for lib/graph, which sees all files.
 *
 *	r = gv_symbols_read(&symbols, gv_symbol_dialect(path), text, len);
 *	for (i = 0; i < symbols.n; i++)
 *		use(&symbols.items[i]);
 *	gv_symbols_release(&symbols);
 *
 * No value of a secret is among them: names, paths, versions, and values of
 * keys that the checks compare.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "symbol/symbol_word.h"

#define GV_SYMBOL_NONE UINT32_MAX

/* Which kind of file it is by its path; what several tools write in the same
 * form (YAML, JSON) is distinguished by its content. */
enum gv_symbol_dialect {
	GV_SYMBOL_DIALECT_NONE, /* no infrastructure code */
	GV_SYMBOL_DIALECT_TERRAFORM,
	GV_SYMBOL_DIALECT_TERRAFORM_JSON,
	GV_SYMBOL_DIALECT_TFVARS,
	GV_SYMBOL_DIALECT_TFVARS_JSON,
	GV_SYMBOL_DIALECT_TERRAFORM_LOCK,
	GV_SYMBOL_DIALECT_TERRAGRUNT,
	GV_SYMBOL_DIALECT_YAML, /* Kubernetes, Flux, Argo CD,
				   CloudFormation, Ansible */
	GV_SYMBOL_DIALECT_JSON, /* the same */
	GV_SYMBOL_DIALECT_KUSTOMIZATION,
	GV_SYMBOL_DIALECT_HELM_CHART,
	GV_SYMBOL_DIALECT_HELM_LOCK,
	GV_SYMBOL_DIALECT_HELM_VALUES,
	GV_SYMBOL_DIALECT_HELM_TEMPLATE,
	GV_SYMBOL_DIALECT_HELM_HELPER, /* a template that is no YAML */
	GV_SYMBOL_DIALECT_COMPOSE,
	GV_SYMBOL_DIALECT_DOCKERFILE,
	GV_SYMBOL_DIALECT_ANSIBLE, /* a playbook, tasks or variables below
				      a folder of Ansible's */
	GV_SYMBOL_DIALECT_ANSIBLE_INVENTORY,
	GV_SYMBOL_DIALECT_ANSIBLE_CONFIG,
	GV_SYMBOL_DIALECT_GITHUB, /* a workflow or an action */
	GV_SYMBOL_DIALECT_GITLAB,
	GV_SYMBOL_DIALECT_JENKINS,
	GV_SYMBOL_DIALECT_PULUMI_PROJECT,
	GV_SYMBOL_DIALECT_PULUMI_STACK,
	GV_SYMBOL_DIALECT_SOPS_RULES,
	GV_SYMBOL_DIALECT_ENV,
	GV_SYMBOL_DIALECT_SCRIPT,
	GV_SYMBOL_DIALECT_CERTIFICATE,
	GV_SYMBOL_DIALECTS
};

enum gv_symbol_kind {
	GV_SYMBOL_DEFINITION, /* `word` is a gv_symbol_space */
	GV_SYMBOL_REFERENCE,  /* `word` is a gv_symbol_edge */
	GV_SYMBOL_VALUE,      /* `word` is a gv_symbol_value */
	GV_SYMBOL_ERROR,      /* a part that cannot be read; `name` says why */
};

/* How the target of a reference is found. */
enum gv_symbol_how {
	GV_SYMBOL_BY_NAME,   /* a definition of `name` in `space` */
	GV_SYMBOL_BY_PATH,   /* a file or folder: from the folder of the file
				that names it; "/x": from the top */
	GV_SYMBOL_BY_PARENT, /* the nearest file of that name in the folders
				above that of the file */
	GV_SYMBOL_BY_LABELS, /* definitions in `space` whose labels have all
				of `name`, "a=b,c=d" */
	GV_SYMBOL_EXTERNAL,  /* nothing of this repository: "scheme:name",
				`extra` is its version */
};

enum gv_symbol_flag {
	GV_SYMBOL_PATTERN = 1 << 0,  /* a part is computed: '*' stands for it */
	GV_SYMBOL_OPTIONAL = 1 << 1, /* it may be missing */
	GV_SYMBOL_DEFAULT = 1 << 2,  /* of a variable: it has a default */
	GV_SYMBOL_LIST = 1 << 3,     /* made several times: count, for_each */
	GV_SYMBOL_FOLDER = 1 << 4,   /* the path is of a folder */
	GV_SYMBOL_TOP = 1 << 5,      /* the path is from the top, whatever it
					begins with */
	GV_SYMBOL_SEALED = 1 << 6,   /* of a value, or of what is defined by
					one: it is encrypted */
	GV_SYMBOL_ELSEWHERE = 1 << 7 /* often made by what is not in the
					repository: never missing */
};

/* A piece of gv_symbols.text. */
struct gv_symbol_text {
	uint32_t at, len;
};

/* Millions of them are in memory together. */
struct gv_symbol {
	struct gv_symbol_text name;
	uint32_t line;      /* from 1; 0: all of the file */
	uint32_t in;        /* the definition that it stands in, or
			       GV_SYMBOL_NONE: the file */
	uint32_t more;      /* private; gv_symbol_scope(), gv_symbol_extra() */
	unsigned kind : 4;  /* enum gv_symbol_kind */
	unsigned how : 4;   /* of a reference: enum gv_symbol_how */
	unsigned word : 8;  /* by kind: space, edge or value */
	unsigned space : 8; /* of a reference BY_NAME or BY_LABELS: where */
	unsigned flags : 8;
};

/* Of few of them: a namespace (len 0: that of the file; "*": any), and a
 * version, labels, or what a value is. */
struct gv_symbol_more {
	struct gv_symbol_text scope, extra;
};

struct gv_symbols {
	struct gv_symbol *items; /* in the order of the text, what is defined
				    before what stands in it */
	size_t n, cap;
	struct gv_symbol_more *more; /* private */
	size_t n_more, cap_more;
	struct gv_buf text;          /* all texts, NUL behind each */
	bool failed;                 /* memory ran out; sticky */
	struct gv_symbol_once *once; /* private; see gv_symbols_store_once() */
	struct gv_symbol_room *room; /* private; for unpacking */
};

#define GV_SYMBOLS_INIT                                                        \
	{                                                                      \
		.text = GV_BUF_INIT                                            \
	}

/* The kind of file at a path, from the top of the tree. */
enum gv_symbol_dialect gv_symbol_dialect(const char *path, size_t len);

/* Read a file. 0, also where parts cannot be read (GV_SYMBOL_ERROR says
 * which); GV_ENOMEM. Release *out after 0. Time grows with the bytes. */
int gv_symbols_read(struct gv_symbols *out, enum gv_symbol_dialect dialect,
    const char *text, size_t len);

/* Free; zeroed ok. */
void gv_symbols_release(struct gv_symbols *symbols);

/* A text of it, with a NUL behind it; "" where there is none. */
const char *gv_symbol_text(
    const struct gv_symbols *symbols, const struct gv_symbol_text *text);

/* What a symbol has besides its name; borrowed until one is added. */
const struct gv_symbol_text *gv_symbol_scope(
    const struct gv_symbols *symbols, const struct gv_symbol *symbol);
const struct gv_symbol_text *gv_symbol_extra(
    const struct gv_symbols *symbols, const struct gv_symbol *symbol);

/* Whether objects of this kind of Kubernetes are in no namespace: "Namespace",
 * or "Namespace/prod". Their definitions and references have no scope. */
bool gv_symbol_is_cluster_wide(const char *kind, size_t len);

/* ---- as bytes ------------------------------------------------------------ */

/* Changes with the form of the bytes and with what is found in a file: kept
 * symbols of another version are worth nothing. */
#define GV_SYMBOLS_VERSION 17

/* Append them in a form that can be kept. `out` fails without memory. */
void gv_symbols_pack(struct gv_buf *out, const struct gv_symbols *symbols);

/* A symbol among those of its file, for who chooses. */
struct gv_symbol_choice {
	const struct gv_symbol *symbol; /* `in` and texts do not count */
	const char *name;               /* `len` bytes */
	size_t len;
	bool is_first;  /* of the file, or of a run of definitions that are in
			   one space and stand in one thing */
	bool has_parts; /* others stand in it */
};

struct gv_symbol_filter {
	bool (*wants)(void *ctx, const struct gv_symbol_choice *choice);
	void *ctx;
};

/* Append what these bytes hold to *out, which a reading or GV_SYMBOLS_INIT
 * made; numbers of definitions (`in`) are counted on. With a filter only those
 * that it wants; what stands in one that it does not want stands in what that
 * is in. 0; GV_ECORRUPT where they are not what gv_symbols_pack() writes, *out
 * has no more symbols than before then; GV_ENOMEM. */
int gv_symbols_unpack(struct gv_symbols *out, const void *p, size_t len,
    const struct gv_symbol_filter *filter);

/* Whether a space is one of details: keys, ports and variables, which are half
 * of all definitions, and most of which nothing names. */
bool gv_symbol_is_detail(unsigned space);

/* A detail that a reference names, by the gv_map_hash() of its name; `is_any`:
 * the name is computed. */
typedef void
gv_symbol_need_fn(void *ctx, unsigned space, uint64_t hash, bool is_any);

/* Call fn for each that the references among these bytes name. 0; GV_ECORRUPT
 * without a message, perhaps after some calls. */
int
gv_symbols_needs(const void *p, size_t len, gv_symbol_need_fn *fn, void *ctx);

/* Add the symbols of the second one behind those of the first, in its place;
 * `from` is released. Texts are not compared. 0, or GV_ENOMEM with both as
 * they were. */
int gv_symbols_join(struct gv_symbols *to, struct gv_symbols *from);

/* Whether these, which somebody stored as they are in memory and which borrow
 * what they point to, can be used: each text and number leads to something. */
bool gv_symbols_are_sound(const struct gv_symbols *symbols);

/* From now on store equal texts once: for symbols of many files in one. 0 or
 * GV_ENOMEM. */
int gv_symbols_store_once(struct gv_symbols *symbols);

/* Free what adding takes, once all symbols are there. */
void gv_symbols_settle(struct gv_symbols *symbols);

#endif
