;;; git-vault.el --- tell git vault watch of saved files -*- lexical-binding: t -*-

;;; Commentary:

;; With git-vault-poke-mode on, Emacs tells `git vault watch' of each file that
;; it saves.  See git-vault-watch(1).

;;; Code:

(defun git-vault-poke ()
  "Tell git vault watch that the file of this buffer changed."
  (let ((file buffer-file-name)
        (process-connection-type nil))
    (when (and file (not (file-remote-p file)))
      (condition-case nil
          (set-process-query-on-exit-flag
           (start-process "git-vault-poke" nil
                          "git" "vault" "-q" "watch" "poke"
                          (expand-file-name file))
           nil)
        (error nil)))))

;;;###autoload
(define-minor-mode git-vault-poke-mode
  "Tell git vault watch of each file that is saved."
  :global t
  :group 'files
  (if git-vault-poke-mode
      (add-hook 'after-save-hook #'git-vault-poke)
    (remove-hook 'after-save-hook #'git-vault-poke)))

(provide 'git-vault)
;;; git-vault.el ends here
