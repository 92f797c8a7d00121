#ifndef GV_STATE_INTERNAL_H
#define GV_STATE_INTERNAL_H
/*
 * What the parts of states share: the handlers, one a tool; the items that they
 * read; and the groups that these come in.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "format/jsonstream.h"
#include "format/yamltext.h"
#include "toolstate/state.h"

/* ---- items ---- */

/* A text of a document, without its quotes. p is NULL: there is none. */
struct gv_state_text {
	const char *p;
	size_t len;
	bool escaped;
};

/* The items of a group. Their attributes and needs stand one behind the other
 * in the order of the items, which hold only how many they have until the group
 * is given out. */
struct gv_state_items {
	struct gv_state_item *items;
	struct gv_state_attribute *attributes;
	const char **needs;
	size_t n, n_attributes, n_needs;
	size_t cap, cap_attributes, cap_needs;
	struct gv_arena words;                /* addresses and needs */
	const struct gv_state_source *source; /* whose they are */
};

/* Append an item, with n_attributes and n_needs of those that were appended
 * since the one before. 0 or GV_ENOMEM. */
int gv_state_items_add(
    struct gv_state_items *items, const struct gv_state_item *item);

/* Append an attribute: the token of its value, with its key. 0 or GV_ENOMEM. */
int gv_state_items_attribute(struct gv_state_items *items,
    const struct gv_jsontext_token *t, unsigned marks);

/* Append an attribute whose name is put together: a word, and the text `name`
 * (NULL: the key of the value). 0 or GV_ENOMEM. */
int gv_state_items_named(struct gv_state_items *items, const char *word,
    const struct gv_jsontext_token *name, const struct gv_jsontext_token *t,
    unsigned marks);

/* Append one for each member of a map, which began, with a word before its
 * key. 0 or GV_ENOMEM. */
int gv_state_items_members(struct gv_state_items *items, struct gv_jsontext *j,
    const char *word, unsigned marks);

/* Append a need, decoded. 0 or GV_ENOMEM. */
int gv_state_items_need(
    struct gv_state_items *items, const struct gv_jsontext_token *t);

/* Of the needs from `first` on keep each once, sorted. */
void gv_state_items_unite(struct gv_state_items *items, size_t first);

/* Append a need that was put together. 0 or GV_ENOMEM. */
int gv_state_items_need_of(
    struct gv_state_items *items, const struct gv_buf *address);

/* Say what an item is called: a copy of the text. 0 or GV_ENOMEM. */
int gv_state_items_call(struct gv_state_items *items,
    struct gv_state_item *item, const struct gv_buf *address);

/* Append an item with this address, of whose attributes and needs the first
 * are those. 0 or GV_ENOMEM. */
int
gv_state_items_close(struct gv_state_items *items, struct gv_state_item *item,
    const struct gv_buf *address, size_t first_attribute, size_t first_need);

/* Say in each item where its attributes and needs are. */
void gv_state_items_settle(struct gv_state_items *items);

/* Forget them, and the words. */
void gv_state_items_reset(struct gv_state_items *items);

/* Free; zeroed ok. */
void gv_state_items_release(struct gv_state_items *items);

/* A member of a map, the last of this name; of kind null where there is none.
 */
struct gv_jsontext_token
gv_state_find(const struct gv_jsontext_token *map, const char *name);

/* Whether a level is a map, or a list, of this name. */
bool gv_state_is_level(
    const struct gv_jsontext_level *level, bool is_map, const char *name);

/* The text of a token; none where it is not a text. */
struct gv_state_text gv_state_text_of(const struct gv_jsontext_token *t);

/* Whether a token is this text. */
bool gv_state_text_is(const struct gv_jsontext_token *t, const char *text);

/* Read a whole number; false for anything else. */
bool gv_state_read_whole(uint64_t *out, const struct gv_jsontext_token *t);

/* Read a text that is to be shown; false for another type, one longer than
 * there is room or has escapes: then *out is as it was. */
bool
gv_state_read_word(char *out, size_t size, const struct gv_jsontext_token *t);

/* Write what tells a stack from others: the text, or of one that is too long,
 * or not to be shown as it stands, its beginning and a hash of all of it. */
void gv_state_read_lineage(char *out, size_t size, const char *p, size_t len);

/* Append a text with its escapes read. */
void gv_state_text_add(struct gv_buf *out, const struct gv_state_text *t);

/* A token as the document has it, with its quotes. */
const char *gv_state_raw(const struct gv_jsontext_token *t, size_t *len);

/* Which of these names, of n, is the key of a token; n: none. */
size_t gv_state_key(
    const struct gv_jsontext_token *t, const char *const *names, size_t n);

/* Read past what a token of gv_jsontext_next() has begun. As
 * gv_jsontext_next(). */
int gv_state_skip(struct gv_jsontext *j, const struct gv_jsontext_token *t);

/* Read past it, too, and make it a token of all of it. As above. */
int gv_state_whole(struct gv_jsontext *j, struct gv_jsontext_token *t);

/* ---- groups ---- */

/* What a piece of a file is to the groups. */
enum gv_state_unit {
	GV_STATE_OTHER, /* of no handler */
	GV_STATE_HEAD,  /* an item, of which there are few */
	GV_STATE_BODY,  /* a resource */
};

/* The group that is gathered, and how many were told. */
struct gv_state_pile {
	gv_state_fn *fn;
	void *ctx;
	size_t (*cut)(const unsigned char *p, size_t len);
	const struct gv_memory *memory;
	char *room;
	size_t start, len; /* of the group, in the room */
	size_t mark;       /* where a list or map begins in it; 0: nowhere */
	bool is_yaml;      /* what is added is */
	bool in_body;      /* it ends among the resources */
	unsigned turns;    /* how often that has changed */
	unsigned level;    /* of the group that is gathered */
	unsigned groups_in, trees_in; /* since the last bound of these */
	struct gv_state_items items;
	uint64_t n_groups, n_items;
};

/* The next piece: the group is given out if it ends before it. `hash` is of
 * what the piece is called. On success the piece is in the group, and *piece
 * speaks of the bytes there, whose items may then be appended. 0; what fn()
 * returned; GV_ENOMEM. Not for one that is gv_state_pile_is_large(). */
int gv_state_pile_add(struct gv_state_pile *pile,
    struct gv_jsontext_piece *piece, enum gv_state_unit unit, uint64_t hash);

/* Whether a piece is to be a group of its own, which is read from where it is:
 * gv_state_pile_flush(), then append its items, then gv_state_pile_large(). */
bool gv_state_pile_is_large(size_t len);
int gv_state_pile_large(
    struct gv_state_pile *pile, const char *text, size_t len, uint64_t hash);

/* Tell the group that is gathered, if it has a byte. As above. */
int gv_state_pile_flush(struct gv_state_pile *pile);

/* Tell bytes in groups that content cuts: those at hand, then what read()
 * gives (NULL: nothing). As above, and what read() returned. */
int gv_state_pile_rest(struct gv_state_pile *pile, const char *held,
    size_t n_held, const struct gv_state_source *source);

/* Free; wipes; zeroed ok. */
void gv_state_pile_release(struct gv_state_pile *pile);

/* The hash that bounds are found by. It is no secret, and is kept for ever: of
 * another one all states were stored once more. */
uint64_t gv_state_hash(const void *data, size_t len);

/* ---- handlers ---- */

#define GV_STATE_BODY_DEPTH 2

/* Where the resources of a document stand. */
struct gv_state_body {
	/* the maps on the way there, the outermost first; NULL behind them */
	const char *path[GV_STATE_BODY_DEPTH + 1];
	/* members without which the document, and each map on the way, is
	 * none; NULL behind the last */
	const char *const *needs[GV_STATE_BODY_DEPTH + 1];
	/* in the body, a list of resources. NULL: the document is one */
	const char *resources;
	/* a map of outputs. NULL: it has none */
	const char *outputs;
	bool is_map; /* the resources are one, too */
	/* what stands beside the list belongs to what is in it, so that one
	 * without the other is damaged */
	bool is_bound;
	/* members that are the same in all, and where they are lost and no
	 * other version has them, their values; a key of NULL behind them */
	const struct gv_state_fill {
		const char *key, *value;
	} * fills;
};

#define GV_STATE_LOOK_BACK 512 /* bytes before a map that may be looked at */

/* How a resource of one tool is known by itself, in a damaged state, and how a
 * document is put together again. */
struct gv_state_salvage {
	/* where its lists stand: forms that a document can have */
	const struct gv_state_body *bodies;
	size_t n_bodies;
	/* in the document, what is counted up. NULL: it has none */
	const char *serial;
	/* the one that a document is taken for of which nothing but resources
	 * is left. NULL: none */
	const struct gv_state_body *plain;
	/* A document need not have a list, and things that stand elsewhere are
	 * of what stands beside it */
	bool is_loose;
	/* a member of the body by which values are encrypted: things of two
	 * versions stand together only where it is the same. NULL: none */
	const char *bound;
	unsigned least, most; /* formats that can be put together again */
	unsigned indent;      /* that the tool writes lines with */
	/* the outputs are a list of what is under way in this version: there
	 * need not be one, and it is never taken of another */
	bool is_passing;
	/* a resource is one item, and stands behind those that it needs */
	bool is_ordered;
	/* The keys that a resource begins with, up to a NULL; or where they
	 * alone do not tell, NULL, and what a quick look at the first one, and
	 * at `before` bytes before the map, says: whether it may be one.
	 * *is_sorted tells of the keys whether somebody has sorted them */
	const char *const *first;
	bool (*looks)(
	    const char *p, size_t len, size_t before, bool *is_sorted);
	/* Whether a map, which is whole, is a resource, wherever it stands */
	bool (*is_resource)(const struct gv_jsontext_token *map);
	/* Whether it is another one than those around it, in which it may
	 * stand, where no blanks tell. NULL: by whether keys are sorted */
	bool (*is_other)(const struct gv_jsontext_token *map);
	/* Whether it is one of a list of outputs. NULL: they are no list */
	bool (*is_output)(const struct gv_jsontext_token *map);
	/* Whether a document begins here; `first`: where a line does */
	bool (*begins)(const char *p, size_t len, bool first);
};

/* ---- state_around.c: a map where nothing around it can be trusted ---- */

/* Have a map say the key that stands in the `before` bytes before it; false:
 * there is none. */
bool gv_state_key_before(struct gv_jsontext_token *map, size_t before);

/* Whether the map that begins here may be a resource of the tool. */
bool gv_state_looks(const struct gv_state_salvage *how, const char *p,
    size_t len, size_t before, bool *is_sorted);

/* Whether a map within this one, so deep or deeper, this one itself being 1,
 * has all of these members, of 8 at most, none of them null. */
bool gv_state_has_within(const struct gv_jsontext_token *map,
    const char *const *names, size_t n, unsigned depth);

/* Whether a member of this name stands twice in a map. */
bool gv_state_has_twice(const struct gv_jsontext_token *map, const char *name);

/* Which of these names is the first key of the map that begins at `p`; n: none.
 * *t is its value, as far as it begins, and *j behind that. */
size_t gv_state_first_key(const char *p, size_t len, const char *const *names,
    size_t n, struct gv_jsontext *j, struct gv_jsontext_token *t);

/* Of one tool. Each has memory of its own for a run, zeroed before it. */
struct gv_state_handler {
	const char *tool;
	size_t memory;
	bool is_open; /* what its items need may be elsewhere */
	/* A member of the document, before anything is read of it, as far as
	 * the first bytes have it: a list or map has only begun, and a copy of
	 * the cursor may go on in it. NULL: not asked */
	void (*ahead)(void *own, const struct gv_jsontext_token *t,
	    const struct gv_jsontext *j);
	/* Whether a list or map is to be one piece though all would be gone
	 * into. NULL: none */
	bool (*whole)(
	    const void *own, const struct gv_jsontext_level *levels, size_t n);
	/* Whether to go into a list or map, besides the document and its
	 * members. NULL: no more than these */
	bool (*enter)(const struct gv_jsontext_level *levels, size_t n);
	/* A member of the document, of which a list or map that is gone into
	 * has only begun. 0 or
	 * GV_ENOMEM */
	int (*member)(void *own, const struct gv_jsontext_token *t);
	/* What a value is, and how it is called */
	enum gv_state_unit (*unit)(void *own,
	    const struct gv_jsontext_piece *piece, struct gv_buf *name);
	/* Its items, where it is one. 0 or GV_ENOMEM */
	int (*read)(void *own, const struct gv_jsontext_piece *piece,
	    struct gv_state_items *items);
	/* Whether what was seen is this tool's, and what it says of itself */
	bool (*claim)(const void *own, struct gv_state_info *info);
	/* Free what the memory holds. May be NULL */
	void (*release)(void *own);
	/* NULL: nothing of it is salvaged */
	const struct gv_state_salvage *salvage;
};

/* The handlers by their number; NULL behind the last. */
const struct gv_state_handler *gv_state_handler_at(size_t i);

/* Show all handlers, by what is their own in the order of their numbers, what
 * the first bytes of a document have of its members. */
void gv_state_look_ahead(void *const *own, const char *text, size_t len);

/* Whether to go into a list or map, as the handlers have it. */
bool gv_state_goes_into(
    void *const *own, const struct gv_jsontext_level *levels, size_t n);

extern const struct gv_state_handler gv_state_ansible;
extern const struct gv_state_handler gv_state_docker;
extern const struct gv_state_handler gv_state_kubernetes;
extern const struct gv_state_handler gv_state_plan;
extern const struct gv_state_handler gv_state_terraform;
extern const struct gv_state_handler gv_state_pulumi;
extern const struct gv_state_handler gv_state_cloudformation;
extern const struct gv_state_salvage gv_state_ansible_salvage;
extern const struct gv_state_salvage gv_state_cloudformation_salvage;
extern const struct gv_state_salvage gv_state_docker_salvage;
extern const struct gv_state_salvage gv_state_kubernetes_salvage;
extern const struct gv_state_salvage gv_state_terraform_salvage;
extern const struct gv_state_salvage gv_state_pulumi_salvage;

/* ---- docker ---- */

/* Whether a map is an object as Docker's inspect prints it. */
bool gv_state_docker_is_inspected(const struct gv_jsontext_token *map);

/* ---- releases of Helm ---- */

/* Append what a release is, release.info.status and so on, to the attributes:
 * `packed` is what its object has as data.release, without the quotes. What is
 * no release, or too large, has nothing. 0 or GV_ENOMEM. */
int gv_state_helm_read(
    struct gv_state_items *items, const char *packed, size_t len);

/* ---- YAML ---- */

/* A document, all of it; its JSON is read in its place. */
struct gv_state_yaml {
	char *text;
	size_t len, cap;
	struct gv_yamltext yaml;
	size_t given;      /* of the JSON */
	size_t told, next; /* of the text, of its bounds */
};

/* Whether bytes that are no JSON may be a state in YAML. */
bool gv_state_yaml_is(const char *p, size_t len);

/* Read into `y` the bytes of `held` and then those of the source, up to `max`
 * bytes; *is_all says whether that was everything. `y` must be zeroed, and is
 * released by the caller. 0; what the source returned; GV_ENOMEM. */
int gv_state_yaml_hold(struct gv_state_yaml *y, bool *is_all, size_t max,
    const char *held, size_t n_held, const struct gv_state_source *source);

/* Read all, what is held and what read() gives; as gv_yamltext_read(), and what
 * read() returned. Where it is too large the rest is left. Zeroed before; to be
 * released after each. */
int gv_state_yaml_read(struct gv_state_yaml *y, const char *held, size_t n_held,
    const struct gv_state_source *source);

/* Up to `len` bytes of the JSON to `data`: how many. */
int64_t gv_state_yaml_give(void *yaml, void *data, size_t len);

/* Make a piece of the JSON one of the text, whose token is in the JSON. Pieces
 * in their order; they are all of the text, and one may have no byte. */
void
gv_state_yaml_place(struct gv_state_yaml *y, struct gv_jsontext_piece *piece);

/* Free; wipes. */
void
gv_state_yaml_release(struct gv_state_yaml *y, const struct gv_memory *memory);

/* ---- what is sensitive in an instance ---- */

struct gv_state_sensitive {
	struct gv_state_text *names;
	size_t n, cap;
	bool is_all;
	struct gv_arena words;
};

/* Read a list of paths, which began. 0 or GV_ENOMEM. */
int gv_state_sensitive_read(struct gv_state_sensitive *s, struct gv_jsontext *j,
    const struct gv_jsontext_token *paths);

/* Add the name of an attribute, a word before it. 0 or GV_ENOMEM. */
int gv_state_sensitive_add(struct gv_state_sensitive *s, const char *word,
    const struct gv_jsontext_token *name);

/* Mark those attributes, from `first` on, to which a path leads. 0 or
 * GV_ENOMEM. */
int gv_state_sensitive_mark(
    struct gv_state_sensitive *s, struct gv_state_items *items, size_t first);

/* Forget all paths. */
void gv_state_sensitive_reset(struct gv_state_sensitive *s);

/* Free; zeroed ok. */
void gv_state_sensitive_release(struct gv_state_sensitive *s);

/* ---- addresses, as Terraform prints them ---- */

/* Of a resource: module.a["x"].data.aws_ami.b. */
struct gv_state_resource {
	struct gv_state_text module, mode, type, name, provider;
};

/* Whether it is read, not made. */
bool gv_state_resource_is_data(const struct gv_state_resource *resource);

/* Append the address of a resource. */
void gv_state_address_add(
    struct gv_buf *out, const struct gv_state_resource *resource);

/* Append the key of an instance: [0], ["a"]; nothing for what is neither a
 * number nor a text. */
void
gv_state_address_key(struct gv_buf *out, const struct gv_jsontext_token *key);

#endif
