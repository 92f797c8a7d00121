// Tells git vault watch of each file that is saved. See git-vault-watch(1).
'use strict';

const {execFile} = require('child_process');
const vscode = require('vscode');

function poke(document) {
	if (document.uri.scheme === 'file')
		execFile('git', ['vault', '-q', 'watch', 'poke', document.fileName],
			() => {});
}

exports.activate = (context) => {
	context.subscriptions.push(vscode.workspace.onDidSaveTextDocument(poke));
};
