#ifndef GV_PLAN_INTERNAL_H
#define GV_PLAN_INTERNAL_H
/*
 * What the parts of reading a plan share.
 *
 *	plan_read.c	the file, its inputs, its lists of steps
 *	plan_step.c	one step
 *	plan_probe.c	what a check, a wait or a precondition asks
 *	plan_value.c	texts, numbers, times and lists, with their faults
 *	plan_lint.c	what steps say about each other
 */

#include "base/map.h"
#include "doc/doc.h"
#include "plan/plan.h"

struct gv_plan_reader {
	struct gv_plan *plan;
	const struct gv_doc *doc;
	struct gv_map ids; /* steps by id, once all are read */
	int r;             /* the first failure; nothing is read after one */
};

/* Note a fault at a node; the doc gives line and column. */
void gv_plan_fault_at(struct gv_plan_reader *rd, uint32_t node, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
/* The same at a line that is known. */
void gv_plan_fault_line(struct gv_plan *plan, int *r, uint32_t line,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

uint32_t gv_plan_line(const struct gv_plan_reader *rd, uint32_t node);

/* ---- plan_value.c: what is not of the kind is a fault ---- */

/* Bytes in the plan's arena; NULL after a failure. */
const char *gv_plan_keep(struct gv_plan_reader *rd, const char *p, size_t len);
/* A scalar as text; NULL for anything else. */
const char *gv_plan_text(struct gv_plan_reader *rd, uint32_t node);
/* The key of a node. */
const char *gv_plan_key(struct gv_plan_reader *rd, uint32_t node);
/* A scalar that is a name by gv_plan_is_name(). */
const char *gv_plan_name(struct gv_plan_reader *rd, uint32_t node);
/* A length of time in seconds, such as 10m. */
int64_t gv_plan_span(struct gv_plan_reader *rd, uint32_t node);
unsigned gv_plan_count(
    struct gv_plan_reader *rd, uint32_t node, unsigned least, unsigned most);
bool gv_plan_bool(struct gv_plan_reader *rd, uint32_t node);
/* A list of texts, or one text; NULL-terminated; NULL where it is neither. */
const char *const *gv_plan_list(struct gv_plan_reader *rd, uint32_t node);
/* The position of a text in a NULL-terminated list; -1 with a fault. */
int gv_plan_choice(struct gv_plan_reader *rd, uint32_t node,
    const char *const *choices, const char *what);
/* A map of names and texts as NAME=VALUE. */
const char *const *gv_plan_pairs(struct gv_plan_reader *rd, uint32_t node);
/* Whether a node is a map; a fault if not. */
bool gv_plan_is_map(struct gv_plan_reader *rd, uint32_t node, const char *what);

/* A row of a map's keys: what reads its value into `to`. */
struct gv_plan_field {
	const char *key;
	void (*read)(struct gv_plan_reader *rd, uint32_t node, void *to);
};

/* Read each key of a map by the rows (up to a key of NULL); a key that has no
 * row, or stands twice, is a fault that names the nearest one. */
void gv_plan_fields(struct gv_plan_reader *rd, uint32_t map, const char *what,
    const struct gv_plan_field *fields, void *to);

/* ---- the parts ---- */

void gv_plan_read_step(
    struct gv_plan_reader *rd, uint32_t node, struct gv_plan_step *out);
/* The ids that a step needs, once all steps are known. */
void gv_plan_read_needs(
    struct gv_plan_reader *rd, uint32_t node, struct gv_plan_step *out);
void gv_plan_read_probe(
    struct gv_plan_reader *rd, uint32_t map, struct gv_plan_probe *out);
/* A list of probes, or one. */
const struct gv_plan_probe *
gv_plan_read_probes(struct gv_plan_reader *rd, uint32_t node, size_t *n);
/* `run` (a list) and `shell` (a text). */
void gv_plan_read_run(
    struct gv_plan_reader *rd, uint32_t node, struct gv_plan_command *out);
void gv_plan_read_shell(
    struct gv_plan_reader *rd, uint32_t node, struct gv_plan_command *out);

/* What the steps say about each other: needs, cycles, references, times. `ids`
 * finds steps. Faults are added. 0 or GV_ENOMEM. */
int gv_plan_lint(struct gv_plan *plan, const struct gv_map *ids);

#endif
