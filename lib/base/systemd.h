#ifndef GV_SYSTEMD_H
#define GV_SYSTEMD_H
/*
 * Words of a unit file of systemd. Pure.
 *
 *	gv_buf_addstr(&unit, "ExecStart=");
 *	r = gv_systemd_word(&unit, program);
 */

struct gv_buf;

/* Append a word in quotes, with what systemd would replace kept as it is. 0;
 * GV_EREFUSED for control characters; GV_ENOMEM. */
int gv_systemd_word(struct gv_buf *out, const char *word);

/* Append a line Environment= that sets a variable. The same. */
int
gv_systemd_variable(struct gv_buf *out, const char *name, const char *value);

#endif
