#ifndef GV_ACCESS_SAY_H
#define GV_ACCESS_SAY_H
/*
 * What a verdict says in words, and as JSON for a command that is asked. A
 * sentence names the file, the line of the policy, what is missing, and who can
 * give it; none has a value.
 *
 *	r = gv_access_say(&text, result);
 *	r = gv_access_say_json(&text, result);
 */

struct gv_access_change;
struct gv_access_point;
struct gv_access_result;
struct gv_buf;

/* Append a line for each thing that a result lacks; nothing where it may go. 0
 * or GV_ENOMEM. */
int gv_access_say(struct gv_buf *out, const struct gv_access_result *result);

/* Append "config/prod.yaml (database.host and 2 more)", and where its values
 * are named "config/prod.yaml (database.host 1f…>90…)". */
void
gv_access_say_change(struct gv_buf *out, const struct gv_access_change *change);

/* Append what a rule asks: "roles sre; 2 approvals by sre, dba". */
void
gv_access_say_rule(struct gv_buf *out, const struct gv_access_point *point);

/* Append ".gitvault.yaml:7". */
void
gv_access_say_place(struct gv_buf *out, const struct gv_access_point *point);

/* Append {"allowed": …, "from": …, "missing": […], "policy": {…}, …}. 0 or
 * GV_ENOMEM. */
int
gv_access_say_json(struct gv_buf *out, const struct gv_access_result *result);

#endif
