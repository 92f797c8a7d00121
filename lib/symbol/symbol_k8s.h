#ifndef GV_SYMBOL_K8S_H
#define GV_SYMBOL_K8S_H
/*
 * What the extractors of Kubernetes and of tools with objects of its form
 * (Flux, Argo CD, Kustomize, Helm) share: one object while it is read, and how
 * it names others.
 *
 *	gv_symbol_refer(o, &(struct gv_symbol_target){
 *	    .edge = GV_SYMBOL_EDGE_K8S_SECRET, .kind = "Secret",
 *	    .name = gv_doc_get(o->doc, map, "name") });
 *
 * A node that is 0 is one that is not written, as GV_DOC_NONE is.
 */

#include "symbol/symbol_internal.h"

struct gv_symbol_object {
	struct gv_symbols *out;
	const struct gv_doc *doc;
	uint32_t root; /* its map */
	uint32_t id;   /* its definition, or GV_SYMBOL_NONE */
	/* as written, with '*' for computed parts; "" where not written */
	struct gv_buf api, kind, name, scope;
	struct gv_buf text, target, extra; /* to work with */
};

#define GV_SYMBOL_OBJECT_INIT(symbols, document, node)                         \
	{                                                                      \
		.out = (symbols), .doc = (document), .root = (node),           \
		.id = GV_SYMBOL_NONE, .api = GV_BUF_INIT, .kind = GV_BUF_INIT, \
		.name = GV_BUF_INIT, .scope = GV_BUF_INIT,                     \
		.text = GV_BUF_INIT, .target = GV_BUF_INIT,                    \
		.extra = GV_BUF_INIT                                           \
	}

/* Another object by kind and name. */
struct gv_symbol_target {
	uint16_t edge;
	uint16_t space;   /* 0: GV_SYMBOL_SPACE_K8S_OBJECT */
	const char *kind; /* where kind_node is not written */
	uint32_t kind_node, name;
	uint32_t scope;    /* not written: the namespace of the object */
	uint32_t keys;     /* which keys or which port of it: a scalar, or a
			      list of maps with a `key` */
	uint32_t optional; /* written as true: it may be missing */
	unsigned flags;
};

/* What a key of a map has, and the spec of an object; GV_DOC_NONE: nothing. */
uint32_t
gv_symbol_get(const struct gv_symbol_object *o, uint32_t map, const char *key);
uint32_t gv_symbol_spec(const struct gv_symbol_object *o);

/* What reads the objects of a kind. */
struct gv_symbol_reader {
	const char *kind, *group; /* group NULL: any */
	bool (*fn)(struct gv_symbol_object *o);
};

/* The first of a table that fits an object, or NULL. */
const struct gv_symbol_reader *
gv_symbol_reader_find(const struct gv_symbol_object *o,
    const struct gv_symbol_reader *kinds, size_t n);

/* Free what an object holds, and tell its symbols if memory ran out. */
void gv_symbol_object_release(struct gv_symbol_object *o);

/* Replace `out` by what a scalar says, with '*' for computed parts; a text with
 * "{{ if" in it is computed as a whole. Whether there is a text. *flags gets
 * GV_SYMBOL_PATTERN where a part is computed. */
bool gv_symbol_said(struct gv_buf *out, const struct gv_doc *doc, uint32_t node,
    unsigned *flags);

/* Whether a scalar says this. */
bool gv_symbol_says(const struct gv_doc *doc, uint32_t node, const char *text);

/* Add a reference "KIND/NAME"; nothing where the name is not written. */
void gv_symbol_refer(
    struct gv_symbol_object *o, const struct gv_symbol_target *target);

/* Whether a text ends with a word. */
bool gv_symbol_ends(const struct gv_buf *b, const char *word);

/* Add the definition "KIND/NAME" that this object, or what works on it, makes;
 * `name` not written: the name of the object. Nothing, and GV_SYMBOL_NONE,
 * where all of the name of what it makes is computed. */
uint32_t
gv_symbol_makes(struct gv_symbol_object *o, const char *kind, uint32_t name);

/* Define the object in a space of its tool, too: "KIND/NAME". */
void gv_symbol_too(struct gv_symbol_object *o, enum gv_symbol_space space);

/* Add the definition "KIND/NAME#KEY" in a space; KIND/NAME is in o->target from
 * the last gv_symbol_makes(). `key` NULL: what it has is not known. */
void gv_symbol_has_key(struct gv_symbol_object *o, enum gv_symbol_space space,
    const char *key, uint32_t node);

/* Replace `out` by labels in the order of their names: "a=b,c=d". *flags gets
 * GV_SYMBOL_PATTERN where there may be more of them or where a part is
 * computed. Where no label is written, those that a helper of Helm has count as
 * one: "{{web.selectorLabels}}". */
void gv_symbol_labels(struct gv_buf *out, const struct gv_doc *doc,
    uint32_t map, unsigned *flags);

/* The same for pods: their labels, and also the helpers that the selector of
 * their workload (or GV_DOC_NONE) names, since pods have all that it demands.
 */
void gv_symbol_pod_labels(struct gv_buf *out, const struct gv_doc *doc,
    uint32_t labels, uint32_t selector, unsigned *flags);

/* Append texts that begin at `at` of `texts`, a NUL behind each, in their order
 * and with commas between them. Of more than 64 the first ones. */
void gv_symbol_join_sorted(
    struct gv_buf *out, struct gv_buf *texts, const size_t *at, size_t n);

/* Whether lines in a node, or behind its key, are made by a template. */
bool gv_symbol_has_template(const struct gv_doc *doc, uint32_t node);

/* The group of an apiVersion is this one, or is computed. */
bool gv_symbol_group_is(const struct gv_symbol_object *o, const char *group);

/* Whether the kind of an object is this one. */
bool gv_symbol_kind_is(const struct gv_symbol_object *o, const char *kind);

/* References that are written alike in all kinds: secretRef, claimName, image…,
 * in all that is below a node. */
void gv_symbol_k8s_walk(struct gv_symbol_object *o, uint32_t node);

/* A pod template: `spec` is the map that has containers. */
void gv_symbol_k8s_pods(struct gv_symbol_object *o, uint32_t spec);

/* What is special for a kind. Whether the rest of the object is to be walked.
 */
bool gv_symbol_k8s_kind(struct gv_symbol_object *o);
bool gv_symbol_k8s_route(struct gv_symbol_object *o);
bool gv_symbol_k8s_made(struct gv_symbol_object *o);
bool gv_symbol_flux(struct gv_symbol_object *o);
bool gv_symbol_argo(struct gv_symbol_object *o);

/* GV_SYMBOL_ELSEWHERE for a namespace that each cluster has. */
unsigned gv_symbol_namespace_flags(const struct gv_doc *doc, uint32_t node);

/* Add a chart as EXTERNAL "helm:REPOSITORY/NAME" with its version. `repository`
 * may be an address or the name of an object. */
void
gv_symbol_chart(struct gv_symbol_object *o, const struct gv_symbol_row *row,
    uint32_t repository, uint32_t name, uint32_t version);

/* ---- of Kustomize -------------------------------------------------------- */

/* A path or an address of a kustomization; a text of several lines is neither.
 */
void gv_symbol_kustomize_path(struct gv_symbol_object *o, uint32_t node,
    enum gv_symbol_edge edge, bool may_be_folder);

/* Lists of patches, of patchesStrategicMerge, of replacements and of vars. */
void gv_symbol_patches(struct gv_symbol_object *o, uint32_t list);
void gv_symbol_patch_merges(struct gv_symbol_object *o, uint32_t list);
void gv_symbol_patch_replacements(struct gv_symbol_object *o, uint32_t list);
void gv_symbol_patch_vars(struct gv_symbol_object *o, uint32_t list);

#endif
