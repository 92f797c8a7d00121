#ifndef GV_SCHEMA_INTERNAL_H
#define GV_SCHEMA_INTERNAL_H
/*
 * A schema in its parts: words (schema_word.c), what is where
 * (schema_index.c), references (schema_ref.c), compiling (schema_compile*.c),
 * running (schema_run*.c), reports (schema_report.c), formats
 * (schema_format*.c), and the schemas of schemas (schema_meta.c).
 */

#include "base/arena.h"
#include "base/map.h"
#include "schema/decimal.h"
#include "schema/pattern.h"
#include "schema/schema.h"

struct gv_buf;

/* ---- words --------------------------------------------------------------- */

#define GV_SCHEMA_BIT(draft) (1U << (draft))
#define GV_SCHEMA_TO_07                                                        \
	(GV_SCHEMA_BIT(GV_SCHEMA_DRAFT_04) |                                   \
	    GV_SCHEMA_BIT(GV_SCHEMA_DRAFT_06) |                                \
	    GV_SCHEMA_BIT(GV_SCHEMA_DRAFT_07))
#define GV_SCHEMA_NEW                                                          \
	(GV_SCHEMA_BIT(GV_SCHEMA_DRAFT_2019) |                                 \
	    GV_SCHEMA_BIT(GV_SCHEMA_DRAFT_2020))

enum gv_schema_vocabulary {
	GV_SCHEMA_CORE = 1,
	GV_SCHEMA_APPLICATOR = 2,
	GV_SCHEMA_UNEVALUATED = 4,
	GV_SCHEMA_VALIDATION = 8,
	GV_SCHEMA_FORMAT = 16,
	GV_SCHEMA_FORMAT_ASSERTED = 32,
	GV_SCHEMA_CONTENT = 64,
	GV_SCHEMA_VOCABULARIES = 31 | 64, /* of a draft's own schema */
};

/* What schemas a word holds. */
enum gv_schema_shape {
	GV_SCHEMA_SHAPE_NONE,
	GV_SCHEMA_SHAPE_ONE,
	GV_SCHEMA_SHAPE_LIST,
	GV_SCHEMA_SHAPE_MAP,
	GV_SCHEMA_SHAPE_EITHER, /* one or a list */
};

enum gv_schema_word {
	GV_SCHEMA_ADDITIONAL_ITEMS,
	GV_SCHEMA_ADDITIONAL_PROPERTIES,
	GV_SCHEMA_ALL_OF,
	GV_SCHEMA_ANY_OF,
	GV_SCHEMA_CONST,
	GV_SCHEMA_CONTAINS,
	GV_SCHEMA_DEFINITIONS,
	GV_SCHEMA_DEPENDENCIES,
	GV_SCHEMA_DEPENDENT_REQUIRED,
	GV_SCHEMA_DEPENDENT_SCHEMAS,
	GV_SCHEMA_DYNAMIC_REF,
	GV_SCHEMA_ELSE,
	GV_SCHEMA_ENUM,
	GV_SCHEMA_EXCLUSIVE_MAXIMUM,
	GV_SCHEMA_EXCLUSIVE_MINIMUM,
	GV_SCHEMA_FORMAT_WORD,
	GV_SCHEMA_IF,
	GV_SCHEMA_ITEMS,
	GV_SCHEMA_MAX_CONTAINS,
	GV_SCHEMA_MAX_ITEMS,
	GV_SCHEMA_MAX_LENGTH,
	GV_SCHEMA_MAX_PROPERTIES,
	GV_SCHEMA_MAXIMUM,
	GV_SCHEMA_MIN_CONTAINS,
	GV_SCHEMA_MIN_ITEMS,
	GV_SCHEMA_MIN_LENGTH,
	GV_SCHEMA_MIN_PROPERTIES,
	GV_SCHEMA_MINIMUM,
	GV_SCHEMA_MULTIPLE_OF,
	GV_SCHEMA_NOT,
	GV_SCHEMA_NULLABLE,
	GV_SCHEMA_ONE_OF,
	GV_SCHEMA_PATTERN,
	GV_SCHEMA_PATTERN_PROPERTIES,
	GV_SCHEMA_PREFIX_ITEMS,
	GV_SCHEMA_PROPERTIES,
	GV_SCHEMA_PROPERTY_NAMES,
	GV_SCHEMA_RECURSIVE_REF,
	GV_SCHEMA_REF,
	GV_SCHEMA_REQUIRED,
	GV_SCHEMA_THEN,
	GV_SCHEMA_TYPE,
	GV_SCHEMA_UNEVALUATED_ITEMS,
	GV_SCHEMA_UNEVALUATED_PROPERTIES,
	GV_SCHEMA_UNIQUE_ITEMS,
	GV_SCHEMA_K_EMBEDDED,
	GV_SCHEMA_K_INT_OR_STRING,
	GV_SCHEMA_K_LIST_KEYS,
	GV_SCHEMA_K_LIST_TYPE,
	GV_SCHEMA_K_PRESERVE,
	GV_SCHEMA_K_RULES,
	GV_SCHEMA_CONTENT_SCHEMA,
	GV_SCHEMA_WORDS
};

struct gv_schema_keyword {
	const char *name;
	uint8_t word, shape, vocabulary;
	uint8_t drafts; /* bits */
};

/* The keyword of a name in a draft and its vocabularies, or NULL. */
const struct gv_schema_keyword *gv_schema_keyword_of(const char *name,
    size_t len, enum gv_schema_draft draft, unsigned vocabularies);

/* ---- documents ----------------------------------------------------------- */

struct gv_schema_anchor {
	const char *name; /* "": of $recursiveAnchor */
	size_t len;
	uint32_t at;
	struct gv_schema_node *node;
	struct gv_schema_anchor *next;
};

/* A schema with an id, or a document. */
struct gv_schema_resource {
	const char *uri; /* without a fragment */
	struct gv_schema_anchor *dynamic;
	struct gv_schema_resource *next; /* of all */
	uint32_t root;
	uint16_t document;
	uint8_t draft;
	uint8_t vocabularies;
	bool wants_unknown; /* a vocabulary that is required is not known */
};

struct gv_schema_document {
	const char *uri;
	struct gv_instance in;
	struct gv_doc *own;                    /* of a built-in one */
	struct gv_schema_node **nodes;         /* compiled, by their number */
	struct gv_schema_resource **resources; /* that begin at a node */
	bool is_indexed;
};

struct gv_schema_place {
	uint16_t document;
	uint32_t at;
};

/* ---- compiled ------------------------------------------------------------ */

#define GV_SCHEMA_ANY 0x1ff /* all kinds of values */

struct gv_schema_bound {
	bool is_set, is_exclusive, fits;
	int64_t whole;
	struct gv_decimal decimal;
	const struct gv_instance_node *from;
};

struct gv_schema_numbers {
	struct gv_schema_bound minimum, maximum;
	struct gv_schema_bound least, most; /* exclusive ones of their own */
	struct gv_schema_bound multiple;
};

typedef bool gv_schema_format_fn(const char *p, size_t len);

struct gv_schema_strings {
	uint64_t min, max;
	struct gv_pattern *pattern;
	const char *pattern_text;
	gv_schema_format_fn *format;
	const char *format_name;
};

struct gv_schema_nodes {
	struct gv_schema_node **p;
	uint32_t n;
};

struct gv_schema_lists {
	uint64_t min, max, min_contains, max_contains;
	struct gv_schema_nodes prefix;
	struct gv_schema_node *rest; /* behind the prefix */
	struct gv_schema_node *contains, *unevaluated;
	const char *rest_word;
	bool is_unique, marks_contained;
};

struct gv_schema_slot {
	const char *name;
	uint32_t hash, len;
	struct gv_schema_node *node; /* NULL: it is only required */
	bool is_used, is_required, is_known;
};

struct gv_schema_matcher {
	struct gv_pattern *pattern; /* NULL: not supported */
	const char *why;
	struct gv_schema_node *node;
};

/* Where a key is given, others have to be, or a schema holds. */
struct gv_schema_dependency {
	const struct gv_instance_node *key;  /* of the schema */
	const struct gv_instance_node *list; /* of names, or NULL */
	struct gv_schema_node *node;
	const char *word;
};

struct gv_schema_maps {
	uint64_t min, max;
	const struct gv_instance_node *required; /* a list, or NULL */
	struct gv_schema_slot *slots;
	uint32_t mask; /* of slots */
	uint32_t n_slots, n_required, n_matchers, n_dependencies;
	struct gv_schema_matcher *matchers;
	struct gv_schema_dependency *dependencies;
	struct gv_schema_node *additional, *names, *unevaluated;
	bool has_members; /* members are to be looked at one by one */
	bool is_closed;   /* by Kubernetes */
};

struct gv_schema_logic {
	struct gv_schema_node *ref;
	struct gv_schema_node *dynamic; /* what $dynamicRef means at first */
	const char *dynamic_name;       /* NULL: and always */
	size_t dynamic_len;
	struct gv_schema_nodes all, any, one;
	struct gv_schema_node *negated, *condition, *then, *otherwise;
	struct gv_schema_doubt *doubts;
};

/* Why a schema cannot be checked in full. */
struct gv_schema_doubt {
	const char *word, *text;
	struct gv_schema_doubt *next;
};

struct gv_schema_node {
	uint16_t types; /* bits of the kinds that it allows */
	uint16_t document;
	bool wants_whole;   /* of numbers only those without a fraction */
	bool is_simple;     /* nothing but its types */
	bool is_nullable;   /* null is right, whatever else it says */
	bool is_structural; /* of a CRD: unknown members are refused */
	uint32_t at;
	const struct gv_schema_numbers *numbers;
	const struct gv_schema_strings *strings;
	const struct gv_schema_lists *lists;
	const struct gv_schema_maps *maps;
	const struct gv_schema_logic *logic;
	const struct gv_instance_node *values; /* of enum: a list */
	const struct gv_instance_node *value;  /* of const */
	const struct gv_schema_resource *resource;
	const char *const *keys; /* of Kubernetes' lists */
	uint32_t n_keys;
	bool is_set;
};

struct gv_schema {
	struct gv_schema_opts opts;
	struct gv_arena arena;
	struct gv_schema_document **documents;
	uint16_t n_documents, cap_documents;
	struct gv_map uris;    /* to resources */
	struct gv_map anchors; /* URI#NAME to places */
	struct gv_schema_resource *resources, **last_resource;
	struct gv_schema_node **queue;
	size_t n_queue, cap_queue;
	struct gv_schema_node *root;
	struct gv_pattern **patterns;
	size_t n_patterns, cap_patterns;
	bool has_dynamic;
};

/* ---- between the parts --------------------------------------------------- */

/* Find the schemas of a document. */
int gv_schema_index(struct gv_schema *s, uint16_t document);

/* The resource that a node of a document is in. */
const struct gv_schema_resource *gv_schema_resource_of(
    const struct gv_schema *s, uint16_t document, uint32_t at);

/* Add the built-in schema of this URI, which no document has yet: 1, 0 if no
 * built-in one has that name, or GV_ENOMEM. */
int gv_schema_load_meta(struct gv_schema *s, const char *uri, size_t len);

/* The draft of a URI of "$schema", or GV_SCHEMA_DRAFT_AUTO. */
enum gv_schema_draft gv_schema_draft_of(const char *uri, size_t len);

/* Text and URI of a built-in schema, or NULL behind the last. */
const char *gv_schema_meta(size_t i, const char **uri);

/* What a reference names. 0; GV_ENOTFOUND with *why in the arena; GV_ENOMEM. */
int gv_schema_resolve(struct gv_schema *s, struct gv_schema_place *out,
    const struct gv_schema_resource *from, const struct gv_instance_node *ref,
    const char **why);

/* The compiled schema at a place, which is compiled later; NULL without
 * memory. */
struct gv_schema_node *
gv_schema_node_at(struct gv_schema *s, uint16_t document, uint32_t at);

struct gv_schema_compiling {
	struct gv_schema *s;
	struct gv_schema_node *node;
	const struct gv_instance *in;
	uint32_t at; /* of the node that is compiled */
	const struct gv_instance_node *words[GV_SCHEMA_WORDS];
	struct gv_schema_numbers *numbers;
	struct gv_schema_strings *strings;
	struct gv_schema_lists *lists;
	struct gv_schema_maps *maps;
	struct gv_schema_logic *logic;
};

int gv_schema_compile_node(struct gv_schema *s, struct gv_schema_node *node);
int gv_schema_compile_map(struct gv_schema_compiling *c);
int gv_schema_compile_list(struct gv_schema_compiling *c);

/* What parts of the compiler share: the value of a word, or NULL where the
 * draft does not have it; the schema of a word; all of a list; a count. */
const struct gv_instance_node *
gv_schema_take(const struct gv_schema_compiling *c, enum gv_schema_word word);
int gv_schema_take_one(struct gv_schema_compiling *c,
    struct gv_schema_node **out, enum gv_schema_word word);
int gv_schema_take_list(struct gv_schema_compiling *c,
    struct gv_schema_nodes *out, enum gv_schema_word word);
int gv_schema_take_count(
    struct gv_schema_compiling *c, uint64_t *out, enum gv_schema_word word);
int
gv_schema_take_pattern(struct gv_schema_compiling *c, struct gv_pattern **out,
    const char **why, const struct gv_instance_node *n, bool is_key);
int gv_schema_doubt(
    struct gv_schema_compiling *c, enum gv_schema_word word, const char *text);
struct gv_schema_node *gv_schema_child(
    struct gv_schema_compiling *c, const struct gv_instance_node *n);
const char *gv_schema_word_name(enum gv_schema_word word);

/* ---- running ------------------------------------------------------------- */

/* Which members or items of a value some schema has seen to. */
struct gv_schema_marks {
	size_t at; /* in the words of the run */
	uint32_t n;
	bool has_all;
	bool is_vague; /* a schema that could not be checked may have */
};

struct gv_schema_scope {
	const struct gv_schema_resource *resource;
	const struct gv_schema_scope *outer;
};

struct gv_schema_run {
	const struct gv_schema *s;
	const struct gv_instance *in;
	struct gv_schema_report *report; /* NULL: only the verdict */
	unsigned muted;
	unsigned depth;
	uint64_t steps, steps_max;
	int failed;
	bool is_stopped;
	const struct gv_schema_scope *scope;
	uint64_t *words;
	size_t n_words, cap_words;
};

enum gv_schema_verdict
gv_schema_eval(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m);
enum gv_schema_verdict
gv_schema_eval_map(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m);
enum gv_schema_verdict
gv_schema_eval_list(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m);
enum gv_schema_verdict
gv_schema_eval_logic(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_marks *m);
enum gv_schema_verdict gv_schema_eval_scalar(struct gv_schema_run *e,
    const struct gv_schema_node *s, const struct gv_instance_node *n);
enum gv_schema_verdict gv_schema_eval_values(struct gv_schema_run *e,
    const struct gv_schema_node *s, const struct gv_instance_node *n);

/* Marks of a value: room for them, and back; those of `from` added to `to`. */
bool gv_schema_marks_open(struct gv_schema_run *e, struct gv_schema_marks *m,
    const struct gv_instance_node *n);
void gv_schema_marks_close(struct gv_schema_run *e, struct gv_schema_marks *m);
void gv_schema_marks_add(struct gv_schema_run *e, struct gv_schema_marks *to,
    const struct gv_schema_marks *from);

static inline void
gv_schema_mark(
    struct gv_schema_run *e, const struct gv_schema_marks *m, uint32_t i)
{
	e->words[m->at + i / 64] |= (uint64_t)1 << (i & 63);
}

static inline bool
gv_schema_is_marked(
    const struct gv_schema_run *e, const struct gv_schema_marks *m, uint32_t i)
{
	return m->has_all || (e->words[m->at + i / 64] >> (i & 63) & 1);
}

/* Whether an INVALID ends it: no finding is asked for. */
static inline bool
gv_schema_is_quick(const struct gv_schema_run *e)
{
	return e->report == NULL || e->muted;
}

/* Both have to hold. */
static inline enum gv_schema_verdict
gv_schema_both(enum gv_schema_verdict a, enum gv_schema_verdict b)
{
	if (a == GV_SCHEMA_INVALID || b == GV_SCHEMA_INVALID)
		return GV_SCHEMA_INVALID;
	return a == GV_SCHEMA_UNKNOWN ? a : b;
}

/* End the run with an error. */
void gv_schema_fail(struct gv_schema_run *e, int code);

/* What a buffer holds. Where it has no memory the run fails: no finding is
 * recorded with half a text. */
const char *gv_schema_text(struct gv_schema_run *e, const struct gv_buf *b);

/* Record that a word of a schema does not hold for a value: INVALID. */
enum gv_schema_verdict
gv_schema_wrong(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, const char *word, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Record that it could not be checked: UNKNOWN. */
enum gv_schema_verdict
gv_schema_unsure(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, const char *word, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* A point of a report: to go back to, or to give up what is between two. */
struct gv_schema_point {
	size_t n, len;
	bool has_more;
};
struct gv_schema_point gv_schema_point_of(const struct gv_schema_run *e);
void gv_schema_rewind(struct gv_schema_run *e, struct gv_schema_point to);
void gv_schema_replace(struct gv_schema_run *e, struct gv_schema_point from,
    struct gv_schema_point to);

/* How far off a branch was whose findings begin at a point; 0: not at all. */
size_t gv_schema_distance(const struct gv_schema_run *e,
    struct gv_schema_point from, const struct gv_instance_node *n);

/* Say of all findings from a point on that the last one is because of them. The
 * run has a report. */
void gv_schema_explain(struct gv_schema_run *e, struct gv_schema_point from);

/* Give the findings their texts. */
void gv_schema_report_close(struct gv_schema_report *report);

/* Append names of kinds ("integer or null"), of a value, of a kind. */
void gv_schema_add_types(struct gv_buf *out, const struct gv_schema_node *s);
const char *gv_schema_type_name(const struct gv_instance_node *n);

/* ---- formats ------------------------------------------------------------- */

/* The check of a format, or NULL if it is not known, or is a note here. */
gv_schema_format_fn *
gv_schema_format_of(const char *name, size_t len, enum gv_schema_formats which);

bool gv_schema_is_date(const char *p, size_t len);
bool gv_schema_is_time(const char *p, size_t len);
bool gv_schema_is_date_time(const char *p, size_t len);
bool gv_schema_is_duration(const char *p, size_t len);

#endif
