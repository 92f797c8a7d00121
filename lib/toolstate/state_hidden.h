#ifndef GV_STATE_HIDDEN_H
#define GV_STATE_HIDDEN_H
/*
 * What of a group of a state only its readers may see, by position: what the
 * tool's handler marks as sensitive, and what no handler reads, since nobody
 * knows what that is. What is left is what stands around: keys and brackets,
 * names and types of resources, attributes that were read and are not marked.
 * Values that only look like secrets are for a scanner to add.
 *
 *	struct gv_state_hidden hidden = { .n = 0 };
 *	r = gv_state_hidden_read(&hidden, group);
 *	r = gv_state_hidden_add(&hidden, finding->at, finding->len);
 *	gv_state_hidden_settle(&hidden);
 *	… hidden.spans, hidden.n
 *	gv_state_hidden_release(&hidden);
 */

#include <stddef.h>

struct gv_state_group;

/* To be raised where the same group comes to be read otherwise. */
#define GV_STATE_HIDDEN_RULES 1

struct gv_state_span {
	size_t at, len; /* bytes, in the text of the group */
};

struct gv_state_hidden {
	struct gv_state_span *spans;
	size_t n, cap;
	/* attributes, whose values are not gone into; own */
	struct gv_state_span *read;
	size_t n_read, cap_read;
};

/* Begin with another group; one that is not of JSON is hidden as a whole. 0 or
 * GV_ENOMEM. */
int gv_state_hidden_read(
    struct gv_state_hidden *out, const struct gv_state_group *group);

/* Add a span, which lies in the group. 0 or GV_ENOMEM. */
int gv_state_hidden_add(struct gv_state_hidden *h, size_t at, size_t len);

/* All are known: sort them, and unite those that touch or overlap. */
void gv_state_hidden_settle(struct gv_state_hidden *h);

/* Free; zeroed ok. */
void gv_state_hidden_release(struct gv_state_hidden *h);

#endif
