#ifndef GV_STATE_H
#define GV_STATE_H
/*
 * States of infrastructure tools, read for what is in them and cut where they
 * are best cut: a group holds whole resources, and is cut before one by a hash
 * of its address, so that an edit changes its own group and an insertion moves
 * none. Pure: bytes in, structs out. The results are slices of the bytes;
 * nothing is copied.
 *
 *	r = gv_state_run(&info, &source, on_group, ctx);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_STATE_GROUP ((size_t)16 * 1024) /* bytes a group is to have */

struct gv_memory;

enum gv_state_mark {
	GV_STATE_SENSITIVE = 1 << 0, /* the tool says so */
	GV_STATE_TAINTED = 1 << 1,
	GV_STATE_DEPOSED = 1 << 2,
	GV_STATE_PENDING = 1 << 3,
	GV_STATE_DATA = 1 << 4, /* read, not made: a data source */
};

/* An attribute: its name, and its value as it stands. */
struct gv_state_attribute {
	const char *name;
	size_t name_len;
	const char *value;
	size_t value_len;
	unsigned marks;
};

/* One thing that a state knows of: an instance of a resource, an output, an
 * object of a cluster, a host. Slices of the group's text but for the address,
 * the needs, and what the tool's handler puts together: names of attributes
 * (spec.replicas), types, the deposed key; a text is as it stands, its escapes
 * not read. A key that stands twice is given twice; of needs, the last. */
struct gv_state_item {
	const char *address; /* as its tool calls it:
				module.a["x"].aws_vpc.main[0], a URN,
				prod/deployment.apps/web; of an output
				output.NAME; NUL behind it */
	size_t address_len;
	const char *type, *provider;
	size_t type_len, provider_len;
	const char *deposed; /* its key; NULL: none */
	size_t deposed_len;
	/* in the file's order: of an output "value" and "type"; of an instance
	 * its attributes, "private" (its provider's own data), identity.NAME,
	 * instance.status and instance.deposed; of others inputs.NAME,
	 * outputs.NAME, Properties.NAME … */
	const struct gv_state_attribute *attributes;
	size_t n_attributes;
	const char *const *needs; /* addresses; NUL behind each */
	size_t n_needs;
	unsigned marks;
	/* the bytes that are its own: all of its instance, or of a resource
	 * that has none, or of the output's map */
	const char *text;
	size_t len;
};

/* What a group is a piece of. */
enum gv_state_form {
	GV_STATE_JSON,  /* whole values of it, and what stands between them */
	GV_STATE_YAML,  /* likewise; its items have their values elsewhere */
	GV_STATE_BYTES, /* that content cuts: anything */
};

/* A piece of the file. The groups one behind the other are the file. */
struct gv_state_group {
	const char *text;
	size_t len;
	const struct gv_state_item *items;
	size_t n_items;
	enum gv_state_form form;
	/* of the trees that groups are kept in: how many levels end before
	 * this group, 0 to 2, by the same hash */
	unsigned level;
};

/* What a state says of itself. */
struct gv_state_info {
	const char *tool; /* "terraform", "kubernetes", "opaque" …; as lasting
			     as the program */
	unsigned format;  /* its version of the format; 0: none */
	char writer[64];  /* "1.6.0"; "" where it does not say */
	char lineage[128]; /* "" where it has none */
	uint64_t serial;
	bool has_serial;
	bool is_encrypted; /* by the tool: its content is opaque */
	/* it is UTF-16, gzip or the like (state_coding.h): the fields above are
	 * about the decoded content, and no items are reported */
	bool is_coded;
	uint64_t size;
	uint64_t groups, items;
	/* why it is no whole state, a sentence without a value of it; "": it
	 * is one. What was read up to there was told, what is behind it is
	 * told as groups without items */
	char damage[200];
	/* no state begins with its first character: it is damaged
	 * only if it was to be one */
	bool is_other;
	/* what is to be said of one that is whole, such a sentence; "" */
	char warning[200];
};

/* Bytes that a group has at most that is cut by content. */
#define GV_STATE_CUT ((size_t)256 * 1024)

struct gv_state_source {
	/* up to `len` bytes to `data`: how many, 0 at the end, negative on
	 * failure, which ends it */
	int64_t (*read)(void *ctx, void *data, size_t len);
	void *ctx;
	/* back to the beginning: 0; 1 where it cannot, which is known before
	 * anything is read; negative on failure. NULL: it cannot. Not for
	 * gv_state_run() */
	int (*rewind)(void *ctx);
	/* how long the first group is of bytes that no tool knows: GV_STATE_CUT
	 * are at hand, or all there are. It depends on nothing but them; as
	 * gv_chunk_cut(). NULL: all of these */
	size_t (*cut)(const unsigned char *p, size_t len);
	const struct gv_memory *memory; /* of what is read; NULL: plain */
	/* open a gzip file, at most `max` bytes: how many, or -1; as
	 * gv_gunzip(). NULL: what is packed is not looked into */
	int64_t (*unpack)(void *out, size_t max, const void *data, size_t len);
};

typedef int gv_state_fn(void *ctx, const struct gv_state_group *group);

/* Read a state, whatever tool it is of; what none knows is cut by content.
 * fn() is given each group, which lasts for the call; a negative value ends it.
 * 0; what fn() or read() returned; GV_ENOMEM. What is damaged is no failure. */
int gv_state_run(struct gv_state_info *out,
    const struct gv_state_source *source, gv_state_fn *fn, void *ctx);

/* Whether what items of this tool need may be elsewhere: a list of some objects
 * of a cluster lacks some of what these refer to. `tool` may be NULL. */
bool gv_state_is_open(const char *tool);

#endif
