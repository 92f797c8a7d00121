#ifndef GV_GATE_H
#define GV_GATE_H
/*
 * The literal gate: finds every place where one of many short literals stands,
 * in one pass, so that dearer looks are taken only there.
 *
 * Bytes are folded to five bits, which takes case away, and three of them make
 * a number of fifteen. Where the processor can look at sixty-four positions at
 * once, the rarest such number of each literal is in a table. Elsewhere only
 * every second position is looked at: then the rarest at an even and the rarest
 * at an odd distance from the beginning are, so that one of the two is met.
 *
 *	r = gv_gate_new(&gate, literals, n);
 *	r = gv_gate_run(gate, data, len, on_hit, ctx);
 *	gv_gate_free(gate);
 */

#include <stdbool.h>
#include <stddef.h>

#define GV_GATE_MIN 3    /* bytes of a literal; four are much better */
#define GV_GATE_MAX 1024 /* and enough */

struct gv_gate;
struct gv_gate_tables;

struct gv_gate_literal {
	const char *text;
	size_t len;
	bool nocase; /* of ASCII letters */
};

/* How the data is gone over. */
enum gv_gate_way {
	GV_GATE_PLAIN, /* needs nothing of the processor */
	GV_GATE_WIDE,
};

/* `at` is where literal number `literal` stands. Not 0 ends the run. */
typedef int (*gv_gate_fn)(void *ctx, size_t literal, size_t at);

/* Build one of at most 65,535 literals, which must stay until it is freed. 0,
 * GV_EREFUSED where one is too short or too long, GV_ENOMEM. */
int gv_gate_new(
    struct gv_gate **out, const struct gv_gate_literal *literals, size_t n);

/* The same, to be gone over by this way if the processor can; both find the
 * same. For tests. */
int gv_gate_new_for(struct gv_gate **out,
    const struct gv_gate_literal *literals, size_t n, enum gv_gate_way way);

/* The same for a way that this processor may not have: for its tables only. */
int gv_gate_make(struct gv_gate **out, const struct gv_gate_literal *literals,
    size_t n, enum gv_gate_way way);
const struct gv_gate_tables *gv_gate_tables(const struct gv_gate *gate);

/* A gate with tables that another one of these literals had, one for each way;
 * they and the literals must stay until it is freed. 0 or GV_ENOMEM. */
int gv_gate_thaw(struct gv_gate **out, const struct gv_gate_tables *tables,
    const struct gv_gate_literal *literals);

/* Free; NULL-safe. */
void gv_gate_free(struct gv_gate *gate);

/* Every place where a literal stands, each once, in the order of the data but
 * for the length of a literal. May run in several threads at once. 0, or what
 * `fn` returned. */
int gv_gate_run(const struct gv_gate *gate, const void *data, size_t len,
    gv_gate_fn fn, void *ctx);

#endif
