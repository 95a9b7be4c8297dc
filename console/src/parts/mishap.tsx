// When a page breaks by a fault of its own, it says so in its place; everything around it, and the other pages, go on.
import { Component, type ReactNode } from 'react';
import { Failed } from './states';

const BROKE = new Error('This page broke. That is a fault of the console; nothing that you decided is lost.');

interface Props {
  place: string; // Another one is another page, which may be whole.
  children: ReactNode;
}

export class Mishap extends Component<Props, { broken: boolean }> {
  state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  componentDidUpdate(before: Props) {
    if (before.place !== this.props.place && this.state.broken) this.setState({ broken: false });
  }

  render() {
    if (!this.state.broken) return this.props.children;
    return (
      <div className="page">
        <h1 className="sr-only">Broken</h1>
        <Failed error={BROKE} again={() => this.setState({ broken: false })} />
      </div>
    );
  }
}
